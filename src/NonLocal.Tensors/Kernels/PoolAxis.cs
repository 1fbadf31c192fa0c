namespace NonLocal.Tensors.Kernels;

/// <summary>A window that slides along one axis.</summary>
/// <param name="Input">Positions of the input.</param>
/// <param name="Output">Positions of the output.</param>
/// <param name="Kernel">Taps of the window.</param>
/// <param name="Stride">Step of the window.</param>
/// <param name="Padding">Positions before the first.</param>
/// <param name="Dilation">Distance between taps.</param>
internal readonly record struct PoolAxis(int Input, int Output, int Kernel, int Stride, int Padding, int Dilation)
{
    /// <summary>An axis of length 1 that nothing happens on.</summary>
    public static PoolAxis None => new(1, 1, 1, 1, 0, 1);

    /// <summary>The input positions that an output reads: from, up to but without, in steps of the dilation.</summary>
    public (int Begin, int End) Taps(int output)
    {
        int start = (output * Stride) - Padding;
        int begin = start >= 0 ? start : start + ((Dilation - 1 - start) / Dilation * Dilation);
        return (begin, Math.Min(start + (Kernel * Dilation), Input));
    }

    /// <summary>A range of outputs that holds all which read an input position (and, with dilation, perhaps others).</summary>
    public (int Begin, int End) Readers(int input)
    {
        int reach = input + Padding;
        int first = reach - ((Kernel - 1) * Dilation);
        return (first <= 0 ? 0 : (first + Stride - 1) / Stride, Math.Min((reach / Stride) + 1, Output));
    }
}

/// <summary>A window over three axes of a map [batch, …, channels]; maps with fewer axes have axes of length 1 before them.</summary>
internal readonly record struct PoolSize(int Batch, PoolAxis Depth, PoolAxis Height, PoolAxis Width, int Channels)
{
    /// <summary>Positions of one sample of the input.</summary>
    public long InputPositions => (long)Depth.Input * Height.Input * Width.Input;

    /// <summary>Positions of one sample of the output.</summary>
    public long OutputPositions => (long)Depth.Output * Height.Output * Width.Output;

    /// <summary>Taps of the window.</summary>
    public long Taps => (long)Depth.Kernel * Height.Kernel * Width.Kernel;
}

/// <summary>A range of positions along each of three axes; the ends do not belong to it.</summary>
internal readonly record struct PoolBounds(int DepthBegin, int DepthEnd, int HeightBegin, int HeightEnd, int WidthBegin, int WidthEnd)
{
    /// <summary>The input positions that an output reads.</summary>
    public static PoolBounds Taps(PoolSize size, int depth, int height, int width) =>
        Join(size.Depth.Taps(depth), size.Height.Taps(height), size.Width.Taps(width));

    /// <summary>The outputs that may read an input position.</summary>
    public static PoolBounds Readers(PoolSize size, int depth, int height, int width) =>
        Join(size.Depth.Readers(depth), size.Height.Readers(height), size.Width.Readers(width));

    private static PoolBounds Join((int Begin, int End) depth, (int Begin, int End) height, (int Begin, int End) width) =>
        new(depth.Begin, depth.End, height.Begin, height.End, width.Begin, width.End);
}
