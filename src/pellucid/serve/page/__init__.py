"""The page for people: pictures in a browser, before and after, with figures.

    routes.py    its addresses
    kept.py      which pictures the server remembers, and where they lie
    handed.py    pictures that a command hands to the page
    settings.py  what can be chosen

and what the workers do, without FastAPI:

    jobs.py      from a picture's folder to an answer in a file
    stored.py    what lies in that folder
    make.py      compress or denoise, decode, measure
    overlays.py  maps: bits, noise, change
    peers.py     WebP and AVIF at the same bytes

The page itself is in `../static`: plain files that a browser runs as they are.
"""
