"""The staff desks: pages by Django templates and htmx. Every page asks queries and posts to flows or actions.

A desk is a folder with ``pages.py`` and its templates. Pages hold no business rules; the address of each is in
``urls.py``, who may see it is said by the ``@needs`` above it.
"""
