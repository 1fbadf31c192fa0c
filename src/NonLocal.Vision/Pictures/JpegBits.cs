using System.Buffers.Binary;

namespace NonLocal.Vision.Pictures;

/// <summary>
/// The bits of a JPEG's entropy-coded data up to the next marker, without the zero bytes that are stuffed behind 0xFF. Behind
/// their end come zeros, and <see cref="Overrun"/> says when one was used.
/// </summary>
internal ref struct JpegBits(ReadOnlySpan<byte> data, int position)
{
    private readonly ReadOnlySpan<byte> data = data;
    private int position = position;

    // The next bits, from the highest down; zeros below the valid ones.
    private ulong buffer;
    private int valid;
    private int padding;

    /// <summary>More bits were used than the data holds.</summary>
    public readonly bool Overrun => valid < padding;

    /// <summary>Makes at least 32 bits ready.</summary>
    public void Fill()
    {
        if (valid < 32)
        {
            FillSlowly();
        }
    }

    /// <summary>The next bits, which stay.</summary>
    /// <param name="count">1 to 32, of those that <see cref="Fill"/> made ready.</param>
    public readonly int Peek(int count) => (int)(buffer >> (64 - count));

    /// <summary>Passes over bits.</summary>
    public void Skip(int count)
    {
        buffer <<= count;
        valid -= count;
    }

    /// <summary>Takes one bit.</summary>
    public int TakeBit() => Take(1);

    /// <summary>Takes 0 to 16 bits as a number.</summary>
    public int Take(int count)
    {
        if (count == 0)
        {
            return 0;
        }

        Fill();
        int value = Peek(count);
        Skip(count);
        return value;
    }

    /// <summary>Takes a signed number of 0 to 15 bits, of which a leading zero means negative (T.81, F.2.2.1).</summary>
    public int TakeSigned(int size)
    {
        int value = Take(size);
        return size > 0 && value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
    }

    /// <summary>Drops the rest of the bits and says where the next marker's code stands, or the end of the data.</summary>
    public int FindMarker()
    {
        buffer = 0;
        valid = 0;
        padding = 0;
        while (position < data.Length)
        {
            int next = data[position..].IndexOf((byte)0xFF);
            if (next < 0)
            {
                break;
            }

            position += next + 1;
            if (position < data.Length && data[position] is not (0 or 0xFF))
            {
                return position;
            }
        }

        return position = data.Length;
    }

    /// <summary>Goes on behind a marker that <see cref="FindMarker"/> found.</summary>
    public void PassMarker() => position++;

    private void FillSlowly()
    {
        if (position + 4 <= data.Length)
        {
            // Four bytes at once where none is 0xFF: a byte of the complement is zero only there.
            uint word = BinaryPrimitives.ReadUInt32BigEndian(data[position..]);
            if (((~word - 0x01010101) & word & 0x80808080) == 0)
            {
                Append(word, 32);
                position += 4;
                return;
            }
        }

        while (valid <= 56)
        {
            if (position >= data.Length)
            {
                Pad();
                return;
            }

            byte value = data[position];
            if (value != 0xFF)
            {
                position++;
            }
            else if (position + 1 < data.Length && data[position + 1] == 0)
            {
                position += 2;
            }
            else
            {
                Pad();
                return;
            }

            Append(value, 8);
        }
    }

    private void Append(ulong value, int count)
    {
        buffer |= value << (64 - valid - count);
        valid += count;
    }

    private void Pad()
    {
        int missing = Math.Max(0, 32 - valid);
        valid += missing;
        padding += missing;
    }
}
