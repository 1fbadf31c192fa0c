using NonLocal.Formats;

namespace NonLocal.Vision.Pictures;

/// <summary>Decodes the entropy-coded data of one scan into the coefficients of its components.</summary>
internal ref struct JpegEntropy
{
    private readonly JpegFrame frame;
    private readonly JpegScan scan;
    private readonly ReadOnlySpan<byte> data;
    private readonly Span<int> predictions;
    private JpegBits bits;

    // Blocks still to come, from this on, that have no new coefficients (progressive scans only).
    private int emptyBlocks;

    /// <summary>A decoder of the scan whose data begins at <paramref name="position"/> of the file.</summary>
    public JpegEntropy(JpegFrame frame, JpegScan scan, ReadOnlySpan<byte> data, int position)
    {
        this.frame = frame;
        this.scan = scan;
        this.data = data;
        predictions = new int[scan.Components.Length];
        bits = new JpegBits(data, position);
    }

    // The place of the k-th coefficient in its block of 8 rows: T.81, figure A.6.
    internal static ReadOnlySpan<byte> Zigzag =>
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];

    /// <summary>Decodes the scan.</summary>
    /// <param name="interval">Units between restart markers, or 0.</param>
    /// <returns>Where the code of the next marker stands, or the end of the file.</returns>
    /// <exception cref="FileFormatException">Truncated or corrupt.</exception>
    public int Decode(int interval)
    {
        bool interleaved = scan.Components.Length > 1;
        JpegComponent single = scan.Components[0];
        int columns = interleaved ? frame.UnitColumns : (single.Width + 7) / 8;
        int rows = interleaved ? frame.UnitRows : (single.Height + 7) / 8;
        int untilRestart = interval;
        int restarts = 0;
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                if (interval > 0 && untilRestart == 0)
                {
                    Restart(restarts++, row, rows);
                    untilRestart = interval;
                }

                untilRestart--;
                if (interleaved)
                {
                    DecodeUnit(row, column);
                }
                else
                {
                    DecodeBlock(0, single.Block(row, column));
                }

                if (bits.Overrun)
                {
                    throw Truncated(row, rows);
                }
            }
        }

        return bits.FindMarker();
    }

    private static FileFormatException Truncated(int row, int rows) =>
        new($"the picture's data ends in row {row} of {rows} rows of blocks; the file seems to be truncated");

    private void Restart(int count, int row, int rows)
    {
        int at = bits.FindMarker();
        int expected = JpegMarker.FirstRestart + (count & 7);
        if (at >= data.Length)
        {
            throw Truncated(row, rows);
        }

        if (data[at] != expected)
        {
            throw new FileFormatException(
                $"the picture's data has marker 0x{data[at]:X2} in row {row} of {rows} rows of blocks, expected restart 0x{expected:X2}");
        }

        bits.PassMarker();
        predictions.Clear();
        emptyBlocks = 0;
    }

    private void DecodeUnit(int row, int column)
    {
        for (int i = 0; i < scan.Components.Length; i++)
        {
            JpegComponent component = scan.Components[i];
            for (int y = 0; y < component.Vertical; y++)
            {
                for (int x = 0; x < component.Horizontal; x++)
                {
                    DecodeBlock(i, component.Block((row * component.Vertical) + y, (column * component.Horizontal) + x));
                }
            }
        }
    }

    private void DecodeBlock(int index, Span<short> block)
    {
        if (!frame.Progressive)
        {
            DecodeFirst(index, block);
            DecodeWhole(scan.Others[index]!, block);
        }
        else if (scan.Start == 0)
        {
            if (scan.High == 0)
            {
                DecodeFirst(index, block);
            }
            else if (bits.TakeBit() != 0)
            {
                block[0] |= (short)(1 << scan.Low);
            }
        }
        else if (scan.High == 0)
        {
            DecodeBand(scan.Others[index]!, block);
        }
        else
        {
            RefineBand(scan.Others[index]!, block);
        }
    }

    private void DecodeFirst(int index, Span<short> block)
    {
        predictions[index] += bits.TakeSigned(scan.First[index]!.Take(ref bits));
        block[0] = (short)(predictions[index] << scan.Low);
    }

    private void DecodeWhole(JpegHuffman table, Span<short> block)
    {
        for (int k = 1; k < JpegComponent.BlockSize; k++)
        {
            int symbol = table.Take(ref bits);
            int size = symbol & 15;
            int zeros = symbol >> 4;
            if (size == 0)
            {
                if (zeros < 15)
                {
                    return;
                }

                k += 15;
                continue;
            }

            k += zeros;
            Store(block, k, bits.TakeSigned(size));
        }
    }

    // The high bits of some coefficients: T.81, G.1.2.2.
    private void DecodeBand(JpegHuffman table, Span<short> block)
    {
        if (emptyBlocks > 0)
        {
            emptyBlocks--;
            return;
        }

        for (int k = scan.Start; k <= scan.End; k++)
        {
            int symbol = table.Take(ref bits);
            int size = symbol & 15;
            int zeros = symbol >> 4;
            if (size == 0)
            {
                if (zeros < 15)
                {
                    emptyBlocks = (1 << zeros) + bits.Take(zeros) - 1;
                    return;
                }

                k += 15;
                continue;
            }

            k += zeros;
            Store(block, k, bits.TakeSigned(size) << scan.Low);
        }
    }

    // One more bit of some coefficients: T.81, G.1.2.3.
    private void RefineBand(JpegHuffman table, Span<short> block)
    {
        int k = scan.Start;
        while (emptyBlocks == 0 && k <= scan.End)
        {
            int symbol = table.Take(ref bits);
            int size = symbol & 15;
            int zeros = symbol >> 4;
            int value = 0;
            if (size == 0 && zeros < 15)
            {
                emptyBlocks = (1 << zeros) + bits.Take(zeros);
                break;
            }

            if (size != 0)
            {
                value = bits.TakeBit() != 0 ? 1 << scan.Low : -1 << scan.Low;
            }

            k = RefineUntil(block, k, zeros);
            if (value != 0)
            {
                Store(block, k, value);
            }

            k++;
        }

        if (emptyBlocks > 0)
        {
            RefineUntil(block, k, JpegComponent.BlockSize);
            emptyBlocks--;
        }
    }

    // Corrects the coefficients that are not zero, past as many zeros, and stops at the next one or behind the band.
    private int RefineUntil(Span<short> block, int k, int zeros)
    {
        for (; k <= scan.End; k++)
        {
            ref short coefficient = ref block[Zigzag[k]];
            if (coefficient == 0)
            {
                if (zeros-- == 0)
                {
                    break;
                }
            }
            else if (bits.TakeBit() != 0 && (coefficient & (1 << scan.Low)) == 0)
            {
                coefficient += (short)(coefficient > 0 ? 1 << scan.Low : -1 << scan.Low);
            }
        }

        return k;
    }

    private readonly void Store(Span<short> block, int k, int value)
    {
        if (k > scan.End)
        {
            throw new FileFormatException("the picture's data has more coefficients than a block holds; the file is corrupt");
        }

        block[Zigzag[k]] = (short)value;
    }
}
