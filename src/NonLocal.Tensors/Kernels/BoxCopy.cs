using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>One axis of a box that is copied.</summary>
/// <param name="Length">How many elements.</param>
/// <param name="From">Floats from one element to the next in the source.</param>
/// <param name="To">Floats from one element to the next in the target.</param>
internal readonly record struct BoxAxis(int Length, nint From, nint To);

/// <summary>Copies a box of elements between two layouts: slices, pads, joins and permutations of axes.</summary>
/// <remarks>
/// Axes that continue each other are merged. Then rows that are dense on both sides are copied whole; otherwise squares between the axis
/// that is dense in the source and the one that is dense in the target are turned over, so that both are read and written in whole cache
/// lines.
/// </remarks>
internal sealed unsafe class BoxCopy
{
    private const int Square = 16;
    private const int ElementsPerPart = 32768;

    private readonly BoxAxis[] outer;
    private readonly BoxAxis source;
    private readonly BoxAxis target;
    private readonly long boxes;

    /// <summary>A copy for given axes, outermost first.</summary>
    public BoxCopy(ReadOnlySpan<BoxAxis> axes)
    {
        List<BoxAxis> merged = Merge(axes);

        // The target's last axis is walked innermost; the source's dense axis with it when it is another one.
        target = merged[^1];
        merged.RemoveAt(merged.Count - 1);
        int dense = target.From == 1 ? -1 : merged.FindIndex(axis => axis.From == 1);
        source = new BoxAxis(1, 0, 0);
        if (dense >= 0)
        {
            source = merged[dense];
            merged.RemoveAt(dense);
        }

        outer = GC.AllocateUninitializedArray<BoxAxis>(merged.Count, pinned: true);
        merged.CopyTo(outer);
        boxes = 1;
        foreach (BoxAxis axis in outer)
        {
            boxes *= axis.Length;
        }
    }

    /// <summary>Copies.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="from">The first element of the box in the source.</param>
    /// <param name="to">The first element of the box in the target.</param>
    public void Run(WorkerPool pool, float* from, float* to)
    {
        // A box is cut into stripes of the source's dense axis, so that one large box can be shared.
        int stripes = (source.Length + Square - 1) / Square;
        long elements = (long)Math.Min(source.Length, Square) * target.Length;
        long stripesPerPart = Math.Max(1, ElementsPerPart / elements);
        fixed (BoxAxis* axes = outer)
        {
            Job job = new()
            {
                Outer = axes,
                OuterCount = outer.Length,
                Source = source,
                Target = target,
                From = from,
                To = to,
                Stripes = stripes,
                All = boxes * stripes,
                PerPart = stripesPerPart,
            };
            pool.Run(ref job, (int)((job.All + stripesPerPart - 1) / stripesPerPart));
        }
    }

    private static List<BoxAxis> Merge(ReadOnlySpan<BoxAxis> axes)
    {
        List<BoxAxis> merged = [];
        foreach (BoxAxis axis in axes)
        {
            if (axis.Length == 1)
            {
                continue;
            }

            bool continues = merged.Count > 0 && merged[^1].From == axis.From * axis.Length && merged[^1].To == axis.To * axis.Length;
            if (continues)
            {
                merged[^1] = axis with { Length = axis.Length * merged[^1].Length };
            }
            else
            {
                merged.Add(axis);
            }
        }

        if (merged.Count == 0)
        {
            merged.Add(new BoxAxis(1, 1, 1));
        }

        return merged;
    }

    private struct Job : IParallelJob
    {
        public BoxAxis* Outer;
        public int OuterCount;
        public BoxAxis Source;
        public BoxAxis Target;
        public float* From;
        public float* To;
        public int Stripes;
        public long All;
        public long PerPart;

        public readonly void Execute(int index, int worker)
        {
            long end = Math.Min((index + 1L) * PerPart, All);
            for (long stripe = index * PerPart; stripe < end; stripe++)
            {
                Locate(stripe / Stripes, out nint from, out nint to);
                int first = (int)(stripe % Stripes) * Square;
                int count = Math.Min(Square, Source.Length - first);
                Copy(From + from + (first * Source.From), To + to + (first * Source.To), count);
            }
        }

        private readonly void Locate(long box, out nint from, out nint to)
        {
            from = 0;
            to = 0;
            for (int axis = OuterCount - 1; axis >= 0; axis--)
            {
                long above = box / Outer[axis].Length;
                nint place = (nint)(box - (above * Outer[axis].Length));
                from += place * Outer[axis].From;
                to += place * Outer[axis].To;
                box = above;
            }
        }

        private readonly void Copy(float* from, float* to, int count)
        {
            if (Target.From == 1 && Target.To == 1)
            {
                for (int s = 0; s < count; s++)
                {
                    new ReadOnlySpan<float>(from + (s * Source.From), Target.Length).CopyTo(
                        new Span<float>(to + (s * Source.To), Target.Length));
                }

                return;
            }

            if (Target.To == 1 && Source.From == 1 && count == Square)
            {
                Transpose.Run(from, Target.From, to, Source.To, Target.Length);
                return;
            }

            for (int start = 0; start < Target.Length; start += Square)
            {
                int end = Math.Min(start + Square, Target.Length);
                for (int s = 0; s < count; s++)
                {
                    float* source = from + (s * Source.From);
                    float* target = to + (s * Source.To);
                    for (int t = start; t < end; t++)
                    {
                        target[t * Target.To] = source[t * Target.From];
                    }
                }
            }
        }
    }
}
