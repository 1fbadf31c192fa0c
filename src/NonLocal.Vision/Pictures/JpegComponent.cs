namespace NonLocal.Vision.Pictures;

/// <summary>One component of a JPEG (brightness, a colour difference): its place in the file and its coefficients.</summary>
/// <param name="id">Its name in the file.</param>
/// <param name="horizontal">Sampling factor, 1 to 4.</param>
/// <param name="vertical">Sampling factor, 1 to 4.</param>
/// <param name="table">Which quantisation table, 0 to 3.</param>
internal sealed class JpegComponent(int id, int horizontal, int vertical, int table)
{
    /// <summary>Coefficients of a block, and samples.</summary>
    public const int BlockSize = 64;

    public int Id { get; } = id;

    public int Horizontal { get; } = horizontal;

    public int Vertical { get; } = vertical;

    public int Table { get; } = table;

    /// <summary>Samples in a row that show something of the picture.</summary>
    public int Width { get; private set; }

    /// <summary>Rows of samples that show something of the picture.</summary>
    public int Height { get; private set; }

    /// <summary>Blocks in a row, filled up to whole interleaved units.</summary>
    public int BlockColumns { get; private set; }

    /// <summary>Rows of blocks, filled up to whole interleaved units.</summary>
    public int BlockRows { get; private set; }

    /// <summary>Quantised coefficients [block rows, block columns, 64], each block row by row.</summary>
    public short[] Coefficients { get; private set; } = [];

    /// <summary>Of each coefficient in zigzag order: the lowest bit that is known, or −1 before its first scan.</summary>
    public int[] KnownBits { get; } = [.. Enumerable.Repeat(-1, BlockSize)];

    /// <summary>The table that was valid at the component's first scan.</summary>
    public ushort[]? Quantisation { get; set; }

    /// <summary>Derives the sizes.</summary>
    public void SetSize(int width, int height, int maximumHorizontal, int maximumVertical)
    {
        Width = DivideUp(width * Horizontal, maximumHorizontal);
        Height = DivideUp(height * Vertical, maximumVertical);
        BlockColumns = DivideUp(width, 8 * maximumHorizontal) * Horizontal;
        BlockRows = DivideUp(height, 8 * maximumVertical) * Vertical;
    }

    /// <summary>Takes the memory.</summary>
    public void Allocate() => Coefficients = new short[checked(BlockColumns * BlockRows * BlockSize)];

    /// <summary>The coefficients of one block.</summary>
    public Span<short> Block(int row, int column) =>
        Coefficients.AsSpan(((row * BlockColumns) + column) * BlockSize, BlockSize);

    /// <summary>Dequantises and transforms all blocks.</summary>
    /// <returns>Samples [8 · <see cref="BlockRows"/>, 8 · <see cref="BlockColumns"/>].</returns>
    public byte[] Samples()
    {
        byte[] samples = new byte[Coefficients.Length];
        int stride = 8 * BlockColumns;
        for (int row = 0; row < BlockRows; row++)
        {
            for (int column = 0; column < BlockColumns; column++)
            {
                JpegTransform.Invert(Block(row, column), Quantisation, samples.AsSpan((8 * row * stride) + (8 * column)), stride);
            }
        }

        return samples;
    }

    private static int DivideUp(int value, int divisor) => (value + divisor - 1) / divisor;
}
