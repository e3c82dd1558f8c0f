"""How fast the audit is: `python -m citycam.evidence.bench --cameras 400 --seconds 300`.

Makes an archive in a temporary folder (32 kB/s a camera at 10 frames/s by default), audits it warm on one core, and reads the same
files with PyAV (demux and watermark read) as the peer. Prints JSON.
"""
