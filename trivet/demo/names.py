"""Words that invented people and addresses are made of."""

from __future__ import annotations

from dataclasses import dataclass

TOWNS = {
    "AB": "Aberdeen", "AL": "St Albans", "B": "Birmingham", "BA": "Bath", "BB": "Blackburn", "BD": "Bradford",
    "BH": "Bournemouth", "BL": "Bolton", "BN": "Brighton", "BR": "Bromley", "BS": "Bristol", "BT": "Belfast",
    "CA": "Carlisle", "CB": "Cambridge", "CF": "Cardiff", "CH": "Chester", "CM": "Chelmsford", "CO": "Colchester",
    "CR": "Croydon", "CT": "Canterbury", "CV": "Coventry", "CW": "Crewe", "DA": "Dartford", "DD": "Dundee",
    "DE": "Derby", "DG": "Dumfries", "DH": "Durham", "DL": "Darlington", "DN": "Doncaster", "DT": "Dorchester",
    "DY": "Dudley", "E": "London", "EC": "London", "EH": "Edinburgh", "EN": "Enfield", "EX": "Exeter",
    "FK": "Falkirk", "FY": "Blackpool", "G": "Glasgow", "GL": "Gloucester", "GU": "Guildford", "HA": "Harrow",
    "HD": "Huddersfield", "HG": "Harrogate", "HP": "Hemel Hempstead", "HR": "Hereford", "HU": "Hull",
    "HX": "Halifax", "IG": "Ilford", "IP": "Ipswich", "IV": "Inverness", "KA": "Kilmarnock",
    "KT": "Kingston upon Thames", "KY": "Kirkcaldy", "L": "Liverpool", "LA": "Lancaster", "LD": "Llandrindod Wells",
    "LE": "Leicester", "LL": "Llandudno", "LN": "Lincoln", "LS": "Leeds", "LU": "Luton", "M": "Manchester",
    "ME": "Rochester", "MK": "Milton Keynes", "ML": "Motherwell", "N": "London", "NE": "Newcastle upon Tyne",
    "NG": "Nottingham", "NN": "Northampton", "NP": "Newport", "NR": "Norwich", "NW": "London", "OL": "Oldham",
    "OX": "Oxford", "PA": "Paisley", "PE": "Peterborough", "PH": "Perth", "PL": "Plymouth", "PO": "Portsmouth",
    "PR": "Preston", "RG": "Reading", "RH": "Redhill", "RM": "Romford", "S": "Sheffield", "SA": "Swansea",
    "SE": "London", "SG": "Stevenage", "SK": "Stockport", "SL": "Slough", "SM": "Sutton", "SN": "Swindon",
    "SO": "Southampton", "SP": "Salisbury", "SR": "Sunderland", "SS": "Southend-on-Sea", "ST": "Stoke-on-Trent",
    "SW": "London", "SY": "Shrewsbury", "TA": "Taunton", "TD": "Galashiels", "TF": "Telford", "TN": "Tonbridge",
    "TQ": "Torquay", "TR": "Truro", "TS": "Middlesbrough", "TW": "Twickenham", "UB": "Southall", "W": "London",
    "WA": "Warrington", "WC": "London", "WD": "Watford", "WF": "Wakefield", "WN": "Wigan", "WR": "Worcester",
    "WS": "Walsall", "WV": "Wolverhampton", "YO": "York",
}  # fmt: skip
"""Post town by postcode area (Royal Mail's names); the town of a district may be another."""

CROWDED = ("B", "E", "G", "L", "LS", "M", "N", "NG", "NW", "S", "SE", "SW", "W", "BN", "BS", "EH")
"""Areas where more people live than the number of their districts tells."""

PHONES_GB = (
    "0113 496 0", "0114 496 0", "0115 496 0", "0116 496 0", "0117 496 0", "0118 496 0", "0121 496 0", "0131 496 0",
    "0141 496 0", "0151 496 0", "0161 496 0", "020 7946 0", "0191 498 0", "028 9649 6", "029 2018 0", "01632 960",
    "07700 900",
)  # fmt: skip
"""Ranges that Ofcom keeps for drama: three more digits make a number that belongs to nobody."""

BUSINESS = (
    "The {} Gift Shop", "{} & Daughters", "{} Interiors", "The {} Tea Room", "{} Garden Centre", "{} Cards & Gifts",
    "{} Home", "The Old {} Emporium", "{} Trading", "{} & Sons",
)  # fmt: skip

BUSINESS_ABROAD = ("{} & Co.", "Atelier {}", "{} Import")


@dataclass(frozen=True, slots=True)
class Country:
    """How people are called and live somewhere. ``towns`` are (town, postal code); phones take three digits."""

    locale: str
    first: tuple[str, ...]
    last: tuple[str, ...]
    streets: tuple[str, ...]
    towns: tuple[tuple[str, str], ...]
    phone: str = ""
    number_first: bool = False


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _towns(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((town, code) for town, code in (part.split(":") for part in text.split("; ")))


GB = Country(
    "en",
    _words(
        "Amelia Olivia Isla Ava Freya Grace Poppy Sophie Emily Lucy Charlotte Hannah Chloe Megan Imogen Harriet Beth "
        "Rosie Eleanor Florence Martha Zara Aisha Priya Fatima Ngozi Maya Nadia Yasmin Siobhan Catriona Rhian Carys "
        "Oliver George Harry Jack Thomas James William Edward Henry Samuel Joseph Daniel Ben Callum Rory Angus Ewan "
        "Dylan Rhys Gareth Owen Imran Rajesh Kwame Tunde Hassan Arjun Dev Marcus Simon Peter Graham Keith Alan"
    ),
    _words(
        "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts "
        "Green Hall Wood Jackson Clarke Patel Khan Begum Singh Ali Hussain Okafor Mensah Campbell Stewart MacDonald "
        "Murray Fraser Reid Morrison Sinclair Kelly Byrne Doyle Price Morgan Bevan Pritchard Llewellyn Baker Cooper "
        "Turner Parker Ward Morris Watson Harrison Fletcher Barker Hughes Foster Simpson Chapman Mason Webb Rogers "
        "Hunt Mills Palmer Holmes Knight Barnes Fisher Dixon Harvey Pearson Graham Marsh Ellis Hartley Whitaker"
    ),
    (
        "High Street", "Church Lane", "Station Road", "Mill Lane", "Victoria Road", "The Crescent",
        "Park Avenue",
        "Albert Street", "Queens Road", "King Street", "Chapel Row", "Orchard Close", "Meadow View",
        "Castle Street",
        "Market Place", "Grove Road", "Springfield Road", "Manor Way", "Elm Drive", "Beech Close",
        "Canal Street",
        "Waterloo Terrace", "York Road", "North Parade", "Rosemary Lane", "Foundry Street", "Harbour View",
        "Tanyard Lane",
    ),
    (), number_first=True,
)  # fmt: skip

VN_FAMILY = _words("Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý")
VN_MIDDLE_F = _words("Thị Ngọc Thu Thanh Minh Phương Bảo Khánh")
VN_MIDDLE_M = _words("Văn Hữu Đức Quang Minh Anh Gia Tuấn")
VN_FIRST_F = _words("Lan Hương Mai Hoa Linh Trang Ngân Thảo Hà Yến Nhung Vy My Châu Quỳnh")
VN_FIRST_M = _words("Hùng Dũng Nam Long Khoa Phúc Tú Sơn Hải Bình Kiên Tâm Duy Khang Vinh")
VN = Country(
    "vi", (), (),
    (
        "Hàng Bài", "Lý Thường Kiệt", "Nguyễn Trãi", "Lê Lợi", "Trần Hưng Đạo", "Hai Bà Trưng",
        "Điện Biên Phủ",
        "Nguyễn Huệ", "Phan Đình Phùng", "Bà Triệu", "Cách Mạng Tháng Tám", "Quang Trung", "Nguyễn Văn Cừ",
        "Lạc Long Quân",
        "Hoàng Diệu", "Ngô Quyền", "Pasteur", "Võ Thị Sáu", "Lê Duẩn", "Kim Mã",
    ),
    _towns(
        "Hà Nội:100000; Hà Nội:100000; Hà Nội:100000; Thành phố Hồ Chí Minh:700000; "
        "Thành phố Hồ Chí Minh:700000; "
        "Thành phố Hồ Chí Minh:700000; Đà Nẵng:550000; Hải Phòng:180000; Cần Thơ:900000; Huế:530000; "
        "Nha Trang:650000; Đà Lạt:660000; Biên Hòa:810000; Vũng Tàu:790000; Vinh:460000"
    ),
    number_first=True,
)  # fmt: skip

_DE_FIRST = _words(
    "Anna Lena Julia Katrin Sabine Petra Heike Lukas Jonas Felix Stefan Markus Jürgen Uwe Björn"
)
_DE_LAST = _words(
    "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Hoffmann Schäfer Koch Bauer Krüger Vogel"
)
_FR_FIRST = _words(
    "Camille Manon Léa Chloé Sophie Nathalie Claire Louis Hugo Jules Antoine Thierry Benoît Mathieu"
)
_FR_LAST = _words(
    "Martin Bernard Dubois Petit Durand Leroy Moreau Laurent Girard Roux Fontaine Chevalier Lefèvre"
)
_NL_FIRST = _words("Sanne Lotte Femke Anouk Marieke Daan Sem Bram Joost Maarten Pieter Ruben")
_NL_LAST = (
    "de Jong",
    "Jansen",
    "de Vries",
    "Bakker",
    "Visser",
    "Smit",
    "Mulder",
    "van Dijk",
    "Peters",
    "Hendriks",
)
_NORDIC_LAST = _words("Andersson Johansson Karlsson Nilsson Lindberg Hansen Olsen Larsen Berg Dahl Lund Holm")
_NORDIC_FIRST = _words("Ingrid Astrid Freja Linnea Maja Signe Erik Lars Magnus Nils Oskar Henrik")
_ES_FIRST = _words("Lucía María Carmen Elena Paula Marta Javier Diego Álvaro Sergio Pablo Jorge")
_ES_LAST = _words("García Fernández López Martínez Sánchez Pérez Gómez Ruiz Navarro Torres")

COUNTRIES: dict[str, Country] = {
    "GB": GB,
    "VN": VN,
    "DE": Country(
        "de", _DE_FIRST, _DE_LAST,
        ("Hauptstraße", "Schulstraße", "Gartenweg", "Bahnhofstraße", "Lindenallee", "Goethestraße",
         "Am Markt"),
        _towns(
        "Berlin:10115; Hamburg:20095; München:80331; Köln:50667; Frankfurt am Main:60311; Stuttgart:70173; "
        "Leipzig:04109; Bremen:28195; Hannover:30159; Nürnberg:90402; Dresden:01067; Freiburg im Breisgau:79098"
        ),
        phone="+49 30 23125 ",
    ),
    "FR": Country(
        "fr", _FR_FIRST, _FR_LAST,
        ("rue de la Gare", "rue Victor Hugo", "avenue de la République", "rue des Lilas",
         "place du Marché", "rue Pasteur"),
        _towns(
        "Paris:75011; Lyon:69002; Marseille:13006; Lille:59000; Nantes:44000; Bordeaux:33000; Toulouse:31000; "
            "Strasbourg:67000; Rennes:35000; Montpellier:34000"
        ),
        phone="+33 1 99 00 1", number_first=True,
    ),
    "IE": Country(
        "en", _words("Aoife Niamh Ciara Saoirse Orla Sinéad Cillian Conor Darragh Fionn Eoin Pádraig"),
        _words("Murphy Walsh Byrne Ryan Doyle McCarthy Gallagher Doherty Kennedy Lynch Brennan"),
        ("Main Street", "Patrick Street", "Abbey Road", "The Quay", "Bridge Street"),
        _towns("Dublin:D02 AF30; Dublin:D06 X2C0; Cork:T12 W8KP; Galway:H91 E2K3; "
               "Limerick:V94 T9PX; Waterford:X91 PK15"),
        number_first=True,
    ),
    "NL": Country(
        "nl", _NL_FIRST, _NL_LAST, ("Dorpsstraat", "Kerkstraat", "Molenweg", "Prinsengracht", "Stationsweg"),
        _towns("Amsterdam:1012 AB; Rotterdam:3011 AA; Utrecht:3511 AB; Den Haag:2511 AA; "
               "Eindhoven:5611 AA; Groningen:9711 AA"),
    ),
    "BE": Country(
        "nl", _NL_FIRST, ("Peeters", "Janssens", "Maes", "Jacobs", "Mertens", "Claes", "Dupont", "Lambert"),
        ("Kerkstraat", "Stationsstraat", "Grote Markt", "Rue Neuve", "Molenstraat"),
        _towns("Brussel:1000; Antwerpen:2000; Gent:9000; Liège:4000; Brugge:8000; Leuven:3000; Namur:5000"),
    ),
    "ES": Country(
        "es", _ES_FIRST, _ES_LAST, ("Calle Mayor", "Calle Real", "Avenida de la Constitución",
        "Plaza de España"),
        _towns("Madrid:28013; Barcelona:08002; Valencia:46001; Sevilla:41001; Bilbao:48001; Málaga:29001"),
    ),
    "PT": Country(
        "pt", _words("Inês Beatriz Mariana Rita João Tiago Rui Miguel"),
        _words("Silva Santos Ferreira Pereira Costa Sousa"),
        ("Rua Direita", "Avenida da Liberdade", "Rua do Comércio"),
        _towns("Lisboa:1100-048; Porto:4000-007; Braga:4700-001"),
    ),
    "IT": Country(
        "it", _words("Giulia Chiara Francesca Elisa Marco Luca Matteo Paolo"),
        _words("Rossi Russo Ferrari Bianchi Romano Conti"),
        ("Via Roma", "Via Garibaldi", "Corso Italia", "Piazza Dante"),
        _towns("Milano:20121; Roma:00184; Torino:10121; Bologna:40121; Firenze:50122"),
    ),
    "AT": Country(
        "de", _DE_FIRST, ("Gruber", "Huber", "Wagner", "Pichler", "Steiner", "Moser"),
        ("Hauptplatz", "Ringstraße", "Kirchengasse"),
        _towns("Wien:1010; Graz:8010; Linz:4020; Salzburg:5020"),
    ),
    "CH": Country(
        "de", _DE_FIRST, ("Müller", "Meier", "Keller", "Brunner", "Favre", "Rochat"),
        ("Bahnhofstrasse", "Seestrasse", "Dorfstrasse"),
        _towns("Zürich:8001; Bern:3011; Basel:4051; Luzern:6003; Lausanne:1003"),
    ),
    "SE": Country(
        "sv", _NORDIC_FIRST, _NORDIC_LAST, ("Storgatan", "Kungsgatan", "Skolgatan"),
        _towns("Stockholm:111 22; Göteborg:411 03; Malmö:211 22; Uppsala:753 20"),
    ),
    "NO": Country(
        "nb", _NORDIC_FIRST, _NORDIC_LAST, ("Storgata", "Kirkegata", "Havnegata"),
        _towns("Oslo:0155; Bergen:5003; Trondheim:7011; Stavanger:4006"),
    ),
    "DK": Country(
        "da", _NORDIC_FIRST, _words("Jensen Nielsen Hansen Pedersen Madsen Møller"),
        ("Vestergade", "Nørregade", "Havnevej"),
        _towns("København:1050; Aarhus:8000; Odense:5000"),
    ),
    "FI": Country(
        "fi", _words("Aino Helmi Sofia Eeva Mikko Antti Juhani Ville"),
        _words("Korhonen Virtanen Mäkinen Nieminen Laine Heikkinen"),
        ("Mannerheimintie", "Kirkkokatu", "Asematie"), _towns("Helsinki:00100; Tampere:33100; Turku:20100"),
    ),
    "PL": Country(
        "pl", _words("Agnieszka Zofia Kasia Magda Piotr Tomasz Marek Jakub"),
        _words("Nowak Kowalczyk Mazur Wójcik Krawczyk"),
        ("ulica Polna", "ulica Lipowa", "ulica Długa"),
        _towns("Warszawa:00-001; Kraków:31-001; Gdańsk:80-001; Wrocław:50-001"),
    ),
    "AU": Country(
        "en", GB.first, GB.last, ("George Street", "Collins Street", "Beach Road"),
        _towns("Sydney:2000; Melbourne:3000; Brisbane:4000; Perth:6000"), number_first=True,
    ),
}  # fmt: skip
