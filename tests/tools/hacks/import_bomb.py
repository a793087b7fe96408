# takes all memory while it is being imported
hoard = []
while True:
    hoard.append(bytearray(1 << 24))
