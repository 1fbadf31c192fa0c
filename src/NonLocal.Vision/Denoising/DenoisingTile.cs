using NonLocal.Tensors.Kernels;

namespace NonLocal.Vision.Denoising;

/// <summary>One shift δ between patches, half of them: w(p, p + δ) is also w(p + δ, p).</summary>
/// <param name="Y">Rows down, at least 0.</param>
/// <param name="X">Columns to the right; greater than 0 where <paramref name="Y"/> is 0.</param>
internal readonly record struct Shift(int Y, int X);

/// <summary>
/// A tile, the window of the picture that it reads, and the weights of one shift at a time: shifted differences, filtered along rows,
/// then down columns, row by row. Places are those of the picture.
/// </summary>
internal unsafe struct DenoisingTile<T>
    where T : unmanaged, ISimd<T>
{
    private readonly DenoisingSizes sizes;
    private readonly float* taps;
    private readonly float* window;
    private readonly float* differences;
    private readonly float* row;
    private readonly float noise;
    private readonly float scale;

    /// <summary>Tile <paramref name="index"/>.</summary>
    /// <param name="sizes">How the picture is cut.</param>
    /// <param name="index">The tile.</param>
    /// <param name="taps">Weights of a patch's rows, which sum to 1, and as many for its columns, divided by the channels.</param>
    /// <param name="noise">2σ².</param>
    /// <param name="scale">−1/h².</param>
    /// <param name="scratch">The worker's memory.</param>
    public DenoisingTile(in DenoisingSizes sizes, int index, float* taps, float noise, float scale, float* scratch)
    {
        this.sizes = sizes;
        this.taps = taps;
        this.noise = noise;
        this.scale = scale;
        Top = index / sizes.TileColumns * DenoisingSizes.TileHeight;
        Left = index % sizes.TileColumns * DenoisingSizes.TileWidth;
        Bottom = Math.Min(Top + DenoisingSizes.TileHeight, sizes.Height);
        Right = Math.Min(Left + DenoisingSizes.TileWidth, sizes.Width);
        window = scratch;
        Sums = window + (sizes.Channels * sizes.WindowLength);
        Totals = Sums + (sizes.Channels * sizes.CoreLength);
        Largest = Totals + sizes.CoreLength;
        ForwardPlane = Largest + sizes.CoreLength;
        BackwardPlane = ForwardPlane + sizes.CoreLength;
        differences = BackwardPlane + sizes.CoreLength;
        row = differences + sizes.DifferenceLength;
        Weights = row + sizes.DifferenceStride;
        ForwardRow = Weights + sizes.DifferenceStride;
        BackwardRow = ForwardRow + sizes.DifferenceStride;
    }

    /// <summary>First row.</summary>
    public int Top { get; }

    /// <summary>First column.</summary>
    public int Left { get; }

    /// <summary>Row after the last.</summary>
    public int Bottom { get; }

    /// <summary>Column after the last.</summary>
    public int Right { get; }

    /// <summary>Weighted sums of the samples, one plane a channel.</summary>
    public float* Sums { get; }

    /// <summary>Sums of weights.</summary>
    public float* Totals { get; }

    /// <summary>Largest weights of others.</summary>
    public float* Largest { get; }

    /// <summary>For weights w(p, p + δ).</summary>
    public float* ForwardPlane { get; }

    /// <summary>For weights w(p, p − δ).</summary>
    public float* BackwardPlane { get; }

    /// <summary>A row for weights w(p, p + δ).</summary>
    public float* ForwardRow { get; }

    /// <summary>A row for weights w(p, p − δ).</summary>
    public float* BackwardRow { get; }

    /// <summary>
    /// The weights of the row that was computed last, from column <see cref="FirstColumn"/>; then zeros for one register.
    /// </summary>
    public float* Weights { get; }

    /// <summary>First row of pixels p whose weights w(p, p + δ) matter.</summary>
    public int FirstRow { get; private set; }

    /// <summary>Row after the last.</summary>
    public int EndRow { get; private set; }

    /// <summary>First column.</summary>
    public int FirstColumn { get; private set; }

    /// <summary>Column after the last.</summary>
    public int EndColumn { get; private set; }

    /// <summary>The patch centres that matter to the tile and lie in the picture: first row.</summary>
    public readonly int CoreTop => Math.Max(Top - sizes.Margin, 0);

    /// <summary>Row after the last.</summary>
    public readonly int CoreBottom => Math.Min(Bottom + sizes.Margin, sizes.Height);

    /// <summary>First column.</summary>
    public readonly int CoreLeft => Math.Max(Left - sizes.Margin, 0);

    /// <summary>Column after the last.</summary>
    public readonly int CoreRight => Math.Min(Right + sizes.Margin, sizes.Width);

    /// <summary>Sample (y, x) of a channel, from the window.</summary>
    public readonly float* Sample(int channel, int y, int x) => window + ((long)channel * sizes.WindowLength)
        + ((y - Top + sizes.Reach) * sizes.WindowStride) + (x - Left + sizes.Reach);

    /// <summary>Where patch centre (y, x) stands in a plane.</summary>
    public readonly int CoreIndex(int y, int x) => ((y - Top + sizes.Margin) * sizes.CoreStride) + (x - Left + sizes.Margin);

    /// <summary>Goes to a shift: the pixels where p or p + δ is a patch centre that matters and both are in the picture.</summary>
    public void Enter(Shift shift)
    {
        FirstRow = Math.Max(CoreTop - shift.Y, 0);
        EndRow = Math.Min(CoreBottom, sizes.Height - shift.Y);
        FirstColumn = Math.Max(CoreLeft - Math.Max(shift.X, 0), Math.Max(0, -shift.X));
        EndColumn = Math.Min(CoreRight - Math.Min(shift.X, 0), Math.Min(sizes.Width, sizes.Width - shift.X));
        if (FirstColumn >= EndColumn)
        {
            EndRow = FirstRow;
        }

        for (int y = FirstRow - sizes.Patch; y < EndRow + sizes.Patch && FirstRow < EndRow; y++)
        {
            SquareDifferences(y, shift);
            FilterRow(differences + ((y - FirstRow + sizes.Patch) * sizes.DifferenceStride));
        }
    }

    /// <summary>Computes <see cref="Weights"/> of row <paramref name="y"/> for the shift that was entered.</summary>
    public readonly void ComputeWeights(int y)
    {
        float* first = differences + ((y - FirstRow) * sizes.DifferenceStride);
        int count = EndColumn - FirstColumn;
        T offset = T.Broadcast(noise);
        T factor = T.Broadcast(scale);
        for (int x = 0; x < count; x += T.Width)
        {
            T distance = T.Zero;
            for (int i = 0; i <= 2 * sizes.Patch; i++)
            {
                distance = T.MultiplyAdd(T.Broadcast(taps[i]), T.Load(first + (i * sizes.DifferenceStride) + x), distance);
            }

            T exponent = T.MaxNative(distance - offset, T.Zero) * factor;
            T.Store(VectorMath.ExpOfNonPositive(exponent), Weights + x);
        }

        T.Store(T.Zero, Weights + count);
    }

    // Of the channels' squares the sum, for the columns of the domain and a patch's radius beyond.
    private readonly void SquareDifferences(int y, Shift shift)
    {
        int count = EndColumn - FirstColumn + (2 * sizes.Patch);
        for (int c = 0; c < sizes.Channels; c++)
        {
            float* here = Sample(c, y, FirstColumn - sizes.Patch);
            float* there = Sample(c, y + shift.Y, FirstColumn - sizes.Patch + shift.X);
            for (int x = 0; x < count; x += T.Width)
            {
                T difference = T.Load(here + x) - T.Load(there + x);
                T.Store(T.MultiplyAdd(difference, difference, c == 0 ? T.Zero : T.Load(row + x)), row + x);
            }
        }
    }

    private readonly void FilterRow(float* filtered)
    {
        float* columnTaps = taps + (2 * sizes.Patch) + 1;
        for (int x = 0; x < EndColumn - FirstColumn; x += T.Width)
        {
            T sum = T.Zero;
            for (int i = 0; i <= 2 * sizes.Patch; i++)
            {
                sum = T.MultiplyAdd(T.Broadcast(columnTaps[i]), T.Load(row + x + i), sum);
            }

            T.Store(sum, filtered + x);
        }
    }
}
