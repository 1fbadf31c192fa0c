using NonLocal.Tensors;

namespace NonLocal.Layers;

/// <summary>How a variable of the engine lies in published (PyTorch) files.</summary>
public enum WeightLayout
{
    /// <summary>The same axes in the same order: vectors, scalars.</summary>
    Plain,

    /// <summary>Engine [kernel…, input channels / groups, output channels]; PyTorch [output, input / groups, kernel…].</summary>
    Convolution,

    /// <summary>Engine [input, output]; PyTorch [output, input].</summary>
    Linear,

    /// <summary>Engine [positions…, channels]; PyTorch [channels, positions…]: a layer norm over a whole map.</summary>
    Map,

    /// <summary>
    /// A whole number such as <c>num_batches_tracked</c>: saved as a 64-bit integer without axes, kept as one float, exact up to 2²⁴ (where
    /// counting stops).
    /// </summary>
    Counter,
}

/// <summary>Moves the elements of weights between the engine's and PyTorch's order.</summary>
public static class WeightLayoutExtensions
{
    /// <summary>The shape that a variable of shape <paramref name="engine"/> has in PyTorch.</summary>
    public static Shape ToPublished(this WeightLayout layout, Shape engine)
    {
        int[] order = Order(layout, engine.Rank);
        int[] lengths = new int[order.Length];
        for (int i = 0; i < lengths.Length; i++)
        {
            lengths[i] = engine[order[i]];
        }

        return new Shape(lengths);
    }

    /// <summary>The elements in PyTorch's order.</summary>
    /// <param name="layout">How they lie.</param>
    /// <param name="content">In the engine's order.</param>
    /// <param name="engine">The engine's shape.</param>
    public static T[] ToPublished<T>(this WeightLayout layout, ReadOnlySpan<T> content, Shape engine)
    {
        T[] published = new T[content.Length];
        Walk walk = new(layout, engine);
        for (int i = 0; i < published.Length; i++, walk.Next())
        {
            published[i] = content[walk.EngineElement];
        }

        return published;
    }

    /// <summary>The elements in the engine's order.</summary>
    /// <param name="layout">How they lie.</param>
    /// <param name="published">In PyTorch's order.</param>
    /// <param name="engine">The engine's shape.</param>
    public static T[] ToEngine<T>(this WeightLayout layout, ReadOnlySpan<T> published, Shape engine)
    {
        T[] content = new T[published.Length];
        Walk walk = new(layout, engine);
        for (int i = 0; i < content.Length; i++, walk.Next())
        {
            content[walk.EngineElement] = published[i];
        }

        return content;
    }

    // Axis i in PyTorch is axis Order[i] in the engine.
    private static int[] Order(WeightLayout layout, int rank) => layout switch
    {
        WeightLayout.Convolution => [rank - 1, rank - 2, .. Enumerable.Range(0, rank - 2)],
        WeightLayout.Linear => [1, 0],
        WeightLayout.Map => [rank - 1, .. Enumerable.Range(0, rank - 1)],
        _ => [.. Enumerable.Range(0, rank)],
    };

    // Visits the elements in PyTorch's order and knows where each lies in the engine.
    private ref struct Walk
    {
        private readonly int[] lengths;
        private readonly int[] steps;
        private readonly int[] place;

        public Walk(WeightLayout layout, Shape engine)
        {
            int[] order = Order(layout, engine.Rank);
            int[] engineSteps = new int[engine.Rank];
            for (int axis = engine.Rank - 1, step = 1; axis >= 0; step *= engine[axis], axis--)
            {
                engineSteps[axis] = step;
            }

            lengths = [.. layout.ToPublished(engine)];
            steps = [.. order.Select(axis => engineSteps[axis])];
            place = new int[lengths.Length];
        }

        public int EngineElement { get; private set; }

        public void Next()
        {
            for (int axis = place.Length - 1; axis >= 0; axis--)
            {
                EngineElement += steps[axis];
                if (++place[axis] < lengths[axis])
                {
                    return;
                }

                EngineElement -= steps[axis] * lengths[axis];
                place[axis] = 0;
            }
        }
    }
}
