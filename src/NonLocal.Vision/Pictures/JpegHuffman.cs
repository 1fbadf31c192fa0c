using NonLocal.Formats;

namespace NonLocal.Vision.Pictures;

/// <summary>One Huffman table of a JPEG (T.81, annex C), as a direct table for short codes and ranges for the others.</summary>
internal sealed class JpegHuffman
{
    /// <summary>Bytes before the symbols: how many codes there are of each length.</summary>
    public const int Lengths = 16;

    private const int DirectBits = 9;

    // Symbol in the high byte, length in the low one; 0 where the code is longer.
    private readonly ushort[] direct = new ushort[1 << DirectBits];

    // Of each length: the first 16-bit value above its codes, and the symbol's index less the code.
    private readonly int[] ends = new int[Lengths + 1];
    private readonly int[] offsets = new int[Lengths + 1];
    private readonly byte[] symbols;

    /// <summary>The codes of a DHT segment.</summary>
    /// <param name="counts">How many codes of 1 to 16 bits.</param>
    /// <param name="symbols">What they stand for, shortest code first.</param>
    /// <exception cref="FileFormatException">There are more codes of a length than fit.</exception>
    public JpegHuffman(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        this.symbols = symbols.ToArray();
        int code = 0;
        int index = 0;
        for (int length = 1; length <= Lengths; length++)
        {
            offsets[length] = index - code;
            for (int i = 0; i < counts[length - 1]; i++)
            {
                if (code >= 1 << length)
                {
                    throw new FileFormatException($"a Huffman table has more codes of {length} bits than fit");
                }

                AddDirect(code, length, symbols[index]);
                code++;
                index++;
            }

            ends[length] = code << (Lengths - length);
            code <<= 1;
        }

        foreach (byte symbol in symbols)
        {
            Largest = Math.Max(Largest, symbol);
        }
    }

    /// <summary>The largest symbol.</summary>
    public int Largest { get; }

    /// <summary>Takes the next symbol. At least 16 bits are then still ready.</summary>
    /// <exception cref="FileFormatException">The bits are no code of this table.</exception>
    public int Take(ref JpegBits bits)
    {
        bits.Fill();
        int entry = direct[bits.Peek(DirectBits)];
        if (entry != 0)
        {
            bits.Skip(entry & 0xFF);
            return entry >> 8;
        }

        int window = bits.Peek(Lengths);
        for (int length = DirectBits + 1; length <= Lengths; length++)
        {
            if (window < ends[length])
            {
                bits.Skip(length);
                return symbols[(window >> (Lengths - length)) + offsets[length]];
            }
        }

        throw new FileFormatException("the picture's data holds a code that its Huffman table does not have; the file is corrupt");
    }

    private void AddDirect(int code, int length, byte symbol)
    {
        if (length <= DirectBits)
        {
            int shift = DirectBits - length;
            direct.AsSpan(code << shift, 1 << shift).Fill((ushort)((symbol << 8) | length));
        }
    }
}
