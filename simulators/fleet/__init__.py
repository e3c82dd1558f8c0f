"""The process that is thousands of cameras: one asyncio loop, one send a frame, a ledger of what was really sent."""
