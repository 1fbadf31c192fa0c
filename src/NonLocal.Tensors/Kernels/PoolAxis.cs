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

    /// <summary>The position that the first tap of an output reads; may lie before the input.</summary>
    public int Start(int output) => (output * Stride) - Padding;

    /// <summary>The first tap that reads a position of the input.</summary>
    public int FirstTap(int output)
    {
        int start = Start(output);
        return start >= 0 ? 0 : (Dilation - 1 - start) / Dilation;
    }

    /// <summary>One behind the last tap that reads a position of the input.</summary>
    public int EndTap(int output) => Math.Min(Kernel, (Input - Start(output) + Dilation - 1) / Dilation);

    /// <summary>The output whose tap reads an input position, or −1.</summary>
    public int OutputAt(int input, int tap)
    {
        int reach = input + Padding - (tap * Dilation);
        return reach >= 0 && reach % Stride == 0 && reach / Stride < Output ? reach / Stride : -1;
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
