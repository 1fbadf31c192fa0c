using NonLocal.Layers;
using NonLocal.Tensors;

namespace NonLocal.Verification;

/// <summary>How a tensor of a file (PyTorch's order of axes) lies in this library.</summary>
/// <param name="FromOurs">Axis i of the file's tensor is our axis FromOurs[i]; null: the same order.</param>
internal readonly record struct BorderLayout(int[]? FromOurs)
{
    /// <summary>The same order of axes.</summary>
    public static BorderLayout Plain => default;

    /// <summary>The file's (N, C, spatial…) is our [n, spatial…, c].</summary>
    public static BorderLayout FeatureMap(int rank) =>
        rank < 3 ? Plain : new([0, rank - 1, .. Enumerable.Range(1, rank - 2)]);

    /// <summary>A weight as layers publish it.</summary>
    public static BorderLayout Of(WeightLayout layout, int rank) => layout switch
    {
        WeightLayout.Convolution => new([rank - 1, rank - 2, .. Enumerable.Range(0, rank - 2)]),
        WeightLayout.Linear => new([1, 0]),
        WeightLayout.Map => FeatureMapOfOne(rank),
        _ => Plain,
    };

    /// <summary>Our shape for a tensor of the file.</summary>
    public Shape ToOurs(Shape file) => FromOurs is null ? file : Permuted(file, Inverse(FromOurs));

    /// <summary>The file's shape for a tensor of ours.</summary>
    public Shape ToFile(Shape ours) => FromOurs is null ? ours : Permuted(ours, FromOurs);

    /// <summary>Elements in our order, from the file's.</summary>
    public double[] ToOurs(double[] content, Shape file) => FromOurs is null ? content : Move(content, file, Inverse(FromOurs));

    /// <summary>Elements in the file's order, from ours.</summary>
    public double[] ToFile(double[] content, Shape ours) => FromOurs is null ? content : Move(content, ours, FromOurs);

    // (C, spatial…) is [spatial…, c]: a feature map without its batch.
    private static BorderLayout FeatureMapOfOne(int rank) => new([rank - 1, .. Enumerable.Range(0, rank - 1)]);

    private static Shape Permuted(Shape shape, int[] order)
    {
        int[] lengths = new int[order.Length];
        for (int i = 0; i < lengths.Length; i++)
        {
            lengths[i] = shape[order[i]];
        }

        return new Shape(lengths);
    }

    private static int[] Inverse(int[] order)
    {
        int[] inverse = new int[order.Length];
        for (int i = 0; i < order.Length; i++)
        {
            inverse[order[i]] = i;
        }

        return inverse;
    }

    // Output axis i is input axis order[i].
    private static double[] Move(double[] content, Shape shape, int[] order)
    {
        int rank = order.Length;
        int[] strides = new int[rank];
        for (int axis = rank - 1, step = 1; axis >= 0; step *= shape[axis], axis--)
        {
            strides[axis] = step;
        }

        double[] moved = new double[content.Length];
        int[] index = new int[rank];
        for (int i = 0; i < moved.Length; i++)
        {
            int from = 0;
            for (int axis = 0; axis < rank; axis++)
            {
                from += index[axis] * strides[order[axis]];
            }

            moved[i] = content[from];
            for (int axis = rank - 1; axis >= 0 && ++index[axis] == shape[order[axis]]; axis--)
            {
                index[axis] = 0;
            }
        }

        return moved;
    }
}
