"""What a person names -> pictures, as a stream.

find.py       any of it; kinds.py: which of these it is
roots.py      the folder that names are seen from; wanted.py: which names are taken
listing.py    below a folder of any file system; local.py: of this machine; s3_pages.py: of S3
named.py      one by one, in lists.py and tables.py
"""
