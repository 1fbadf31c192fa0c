using System.Runtime.InteropServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// A linear map along one axis: output o is a weighted sum of <c>Count(o)</c> neighbouring inputs from <c>Start(o)</c> on.
/// </summary>
internal sealed unsafe class AxisTable
{
    private readonly int[] starts;
    private readonly int[] offsets;
    private readonly float[] floats;

    /// <summary>A table from the weights of every output; weights outside the input are not allowed.</summary>
    /// <param name="input">Positions of the input.</param>
    /// <param name="rows">For every output: the first input that it reads, and the weights from there on.</param>
    public AxisTable(int input, IReadOnlyList<(int Start, double[] Weights)> rows)
    {
        Input = input;
        Output = rows.Count;
        starts = GC.AllocateUninitializedArray<int>(Output, pinned: true);
        offsets = GC.AllocateUninitializedArray<int>(Output + 1, pinned: true);
        offsets[0] = 0;
        for (int o = 0; o < Output; o++)
        {
            starts[o] = rows[o].Start;
            offsets[o + 1] = offsets[o] + rows[o].Weights.Length;
        }

        Weights = [.. rows.SelectMany(row => row.Weights)];
        floats = GC.AllocateUninitializedArray<float>(Math.Max(1, Weights.Length), pinned: true);
        for (int i = 0; i < Weights.Length; i++)
        {
            floats[i] = (float)Weights[i];
        }

        View = new AxisTableView(input, Output, Address(starts), Address(offsets), Address(floats));
    }

    /// <summary>An axis of length 1.</summary>
    public static AxisTable None { get; } = new(1, [(0, [1])]);

    /// <summary>Positions of the input.</summary>
    public int Input { get; }

    /// <summary>Positions of the output.</summary>
    public int Output { get; }

    /// <summary>All weights, output after output.</summary>
    public double[] Weights { get; }

    /// <summary>What jobs copy; valid as long as this object lives.</summary>
    public AxisTableView View { get; }

    /// <summary>The first input that an output reads.</summary>
    public int Start(int output) => starts[output];

    /// <summary>How many inputs an output reads.</summary>
    public int Count(int output) => offsets[output + 1] - offsets[output];

    /// <summary>One of an output's weights.</summary>
    public double Weight(int output, int tap) => Weights[offsets[output] + tap];

    /// <summary>The transposed map, which takes gradients back.</summary>
    public AxisTable Transposed()
    {
        List<(int Output, double Weight)>[] readers = new List<(int Output, double Weight)>[Input];
        for (int i = 0; i < Input; i++)
        {
            readers[i] = [];
        }

        for (int o = 0; o < Output; o++)
        {
            for (int tap = 0; tap < Count(o); tap++)
            {
                readers[Start(o) + tap].Add((o, Weight(o, tap)));
            }
        }

        return new AxisTable(Output, [.. readers.Select(Row)]);
    }

    // Outputs that read an input lie together; those between the first and the last that do not read it get weight 0.
    private static (int Start, double[] Weights) Row(List<(int Output, double Weight)> readers)
    {
        if (readers.Count == 0)
        {
            return (0, []);
        }

        int first = readers[0].Output;
        double[] weights = new double[readers[^1].Output - first + 1];
        foreach ((int output, double weight) in readers)
        {
            weights[output - first] += weight;
        }

        return (first, weights);
    }

    private static TItem* Address<TItem>(TItem[] pinned)
        where TItem : unmanaged => (TItem*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
}

/// <summary>The addresses behind an <see cref="AxisTable"/>.</summary>
internal readonly unsafe struct AxisTableView(int input, int output, int* starts, int* offsets, float* weights)
{
    public int Input { get; } = input;

    public int Output { get; } = output;

    public int Start(int o) => starts[o];

    public int Count(int o) => offsets[o + 1] - offsets[o];

    public float* Weights(int o) => weights + offsets[o];
}
