namespace NonLocal.Tensors.Graphs;

/// <summary>NumPy's rule: shapes are aligned at their last axes; an axis of 1, or a missing one, repeats.</summary>
internal static class Broadcasting
{
    public static Shape Common(ReadOnlySpan<Shape> shapes)
    {
        int rank = 0;
        foreach (Shape shape in shapes)
        {
            rank = Math.Max(rank, shape.Rank);
        }

        int[] lengths = new int[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            int length = 1;
            foreach (Shape shape in shapes)
            {
                int own = LengthAt(shape, axis, rank);
                if (own != 1 && length != 1 && own != length)
                {
                    throw new ShapeException(
                        $"shapes {Join(shapes)} do not fit together: "
                        + $"lengths {length} and {own} of axis {axis - rank} differ and neither is 1.");
                }

                length = own == 1 ? length : own;
            }

            lengths[axis] = length;
        }

        return new Shape(lengths);
    }

    /// <summary>Element steps of <paramref name="shape"/> along the axes of <paramref name="target"/>; 0 where it repeats.</summary>
    public static int[] Strides(Shape shape, Shape target)
    {
        int[] strides = new int[target.Rank];
        int stride = 1;
        for (int axis = target.Rank - 1; axis >= 0; axis--)
        {
            int length = LengthAt(shape, axis, target.Rank);
            strides[axis] = length == 1 ? 0 : stride;
            stride *= length;
        }

        return strides;
    }

    /// <summary>The axes of <paramref name="target"/> along which <paramref name="shape"/> repeats.</summary>
    public static Shape RepeatedAxes(Shape shape, Shape target)
    {
        List<int> axes = [];
        for (int axis = 0; axis < target.Rank; axis++)
        {
            if (LengthAt(shape, axis, target.Rank) == 1 && target[axis] != 1)
            {
                axes.Add(axis);
            }
        }

        return new Shape([.. axes]);
    }

    private static int LengthAt(Shape shape, int axis, int rank)
    {
        int own = axis - (rank - shape.Rank);
        return own < 0 ? 1 : shape[own];
    }

    private static string Join(ReadOnlySpan<Shape> shapes)
    {
        List<string> texts = [];
        foreach (Shape shape in shapes)
        {
            texts.Add(shape.ToString());
        }

        return string.Join(" and ", texts);
    }
}

/// <summary>Walks the elements of a target shape in memory order, keeping the element number of operands that repeat or jump.</summary>
internal ref struct IndexWalk(Shape target, ReadOnlySpan<int[]> strides)
{
    private readonly ReadOnlySpan<int[]> strides = strides;
    private readonly int[] place = new int[target.Rank];
    private readonly int[] offsets = new int[strides.Length];

    public readonly int this[int operand] => offsets[operand];

    public readonly void Next()
    {
        for (int axis = place.Length - 1; axis >= 0; axis--)
        {
            bool wraps = ++place[axis] == target[axis];
            int steps = wraps ? 1 - target[axis] : 1;
            for (int i = 0; i < offsets.Length; i++)
            {
                offsets[i] += steps * strides[i][axis];
            }

            if (!wraps)
            {
                return;
            }

            place[axis] = 0;
        }
    }
}
