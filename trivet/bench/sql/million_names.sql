-- A name for the n-th person. Family names are as unevenly spread as real ones: the commonest is every
-- twelfth, the rarest one in three thousand.
CREATE FUNCTION pg_temp.person(n int) RETURNS text IMMUTABLE LANGUAGE sql RETURN
    (ARRAY['Anna', 'Ben', 'Chi', 'Duc', 'Emma', 'Fatima', 'George', 'Hoa', 'Ivan', 'Julia', 'Khanh', 'Linh', 'Maria',
           'Nam', 'Olga', 'Peter', 'Quynh', 'Rosa', 'Sam', 'Thao', 'Uwe', 'Vera', 'Will', 'Yen'])[1 + n / 3 % 24]
    || ' ' || (ARRAY['Nguyen', 'Smith', 'Tran', 'Brown', 'Hall', 'Wright', 'Green', 'Baker', 'Hart', 'Carr', 'Webb',
           'Marsh', 'Lamb', 'Frost', 'Holt', 'Pike', 'Ross', 'Stone', 'Wells', 'York', 'Dean', 'Fox', 'Gill', 'Hunt',
           'Kerr', 'Lane', 'Moss', 'Nash', 'Page', 'Reed', 'Sharp', 'Todd', 'Vance', 'Ward', 'Birch', 'Clay', 'Dale',
           'Egan', 'Ford', 'Gale'])[1 + (1000 * ((n / 3)::bigint * 7919 % 10007 / 10007.0) ^ 3)::int % 40]
    || (ARRAY['', 'son', 'ley', 'ham', 'ton', 'field', 'wood', 'berg', 'sen', 'man', 'well', 'ford', 'ridge', 'worth',
           'more', 'land', 'by', 'cott', 'stead', 'er', 'ings', 'brook', 'dale', 'mond', 'gate'
       ])[1 + (1000 * ((n / 3)::bigint * 7919 % 10007 / 10007.0) ^ 3)::int / 40 % 25]
