using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Largest element of every window and where it was. The first of equal ones wins, padding never does, NaN always; a window that
/// holds nothing but padding gives −∞ and place −1.
/// </summary>
internal static unsafe class MaximumPool
{
    private const int ElementsPerPart = 65536;

    /// <summary>Pools.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="size">The sizes.</param>
    /// <param name="x">[batch, input positions, channels].</param>
    /// <param name="y">[batch, output positions, channels].</param>
    /// <param name="places">For every element of y, the number of the input position that it comes from.</param>
    public static void Run(WorkerPool pool, PoolSize size, float* x, float* y, float* places)
    {
        if (SimdWidth.Is512)
        {
            Run<Simd512>(pool, size, x, y, places);
        }
        else if (SimdWidth.Is256)
        {
            Run<Simd256>(pool, size, x, y, places);
        }
        else
        {
            Run<Simd128>(pool, size, x, y, places);
        }
    }

    /// <summary>The gradient of the input: each element gets the gradients of the outputs that it won.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="size">The sizes.</param>
    /// <param name="g">[batch, output positions, channels].</param>
    /// <param name="places">From <see cref="Run"/>.</param>
    /// <param name="gx">[batch, input positions, channels].</param>
    public static void RunGradient(WorkerPool pool, PoolSize size, float* g, float* places, float* gx)
    {
        if (SimdWidth.Is512)
        {
            RunGradient<Simd512>(pool, size, g, places, gx);
        }
        else if (SimdWidth.Is256)
        {
            RunGradient<Simd256>(pool, size, g, places, gx);
        }
        else
        {
            RunGradient<Simd128>(pool, size, g, places, gx);
        }
    }

    private static void Run<T>(WorkerPool pool, PoolSize size, float* x, float* y, float* places)
        where T : unmanaged, ISimd<T>
    {
        long rows = (long)size.Batch * size.Depth.Output * size.Height.Output;
        int perPart = RowsPerPart(size, size.Width.Output);
        Job<T> job = new() { Size = size, X = x, Y = y, Places = places, Rows = rows, PerPart = perPart };
        pool.Run(ref job, (int)((rows + perPart - 1) / perPart));
    }

    private static void RunGradient<T>(WorkerPool pool, PoolSize size, float* g, float* places, float* gx)
        where T : unmanaged, ISimd<T>
    {
        long rows = (long)size.Batch * size.Depth.Input * size.Height.Input;
        int perPart = RowsPerPart(size, size.Width.Input);
        GradientJob<T> job = new() { Size = size, G = g, Places = places, GX = gx, Rows = rows, PerPart = perPart };
        pool.Run(ref job, (int)((rows + perPart - 1) / perPart));
    }

    private static int RowsPerPart(PoolSize size, int width) =>
        (int)Math.Max(1, ElementsPerPart / Math.Min(ElementsPerPart, (long)width * size.Channels * size.Taps));

    private struct Job<T> : IParallelJob
        where T : unmanaged, ISimd<T>
    {
        public PoolSize Size;
        public float* X;
        public float* Y;
        public float* Places;
        public long Rows;
        public int PerPart;

        public readonly void Execute(int index, int worker)
        {
            long end = Math.Min((index + 1L) * PerPart, Rows);
            for (long row = (long)index * PerPart; row < end; row++)
            {
                int height = (int)(row % Size.Height.Output);
                long above = row / Size.Height.Output;
                nint sample = (nint)(above / Size.Depth.Output * Size.InputPositions * Size.Channels);
                for (int width = 0; width < Size.Width.Output; width++)
                {
                    nint at = (nint)(((row * Size.Width.Output) + width) * Size.Channels);
                    PoolBounds bounds = PoolBounds.Taps(Size, (int)(above % Size.Depth.Output), height, width);
                    for (int c = 0; c < Size.Channels; c += T.Width)
                    {
                        Window(X + sample + c, bounds, Math.Min(T.Width, Size.Channels - c), at + c);
                    }
                }
            }
        }

        private readonly void Window(float* x, PoolBounds bounds, int count, nint at)
        {
            T best = T.Broadcast(float.NegativeInfinity);
            T place = T.Broadcast(-1);
            bool first = true;
            for (int d = bounds.DepthBegin; d < bounds.DepthEnd; d += Size.Depth.Dilation)
            {
                for (int h = bounds.HeightBegin; h < bounds.HeightEnd; h += Size.Height.Dilation)
                {
                    int row = ((d * Size.Height.Input) + h) * Size.Width.Input;
                    for (int w = bounds.WidthBegin; w < bounds.WidthEnd; w += Size.Width.Dilation)
                    {
                        float* source = x + ((nint)(row + w) * Size.Channels);
                        T value = count == T.Width ? T.Load(source) : SimdExtensions.LoadPartial<T>(source, count);
                        T here = T.Broadcast(row + w);
                        T wins = first ? here : T.SelectGreater(value, best, here, place);
                        T larger = first ? value : T.SelectGreater(value, best, value, best);

                        // A NaN equals nothing, itself included.
                        place = T.SelectEqual(value, value, wins, here);
                        best = T.SelectEqual(value, value, larger, value);
                        first = false;
                    }
                }
            }

            if (count == T.Width)
            {
                T.Store(best, Y + at);
                T.Store(place, Places + at);
            }
            else
            {
                SimdExtensions.StorePartial(best, Y + at, count);
                SimdExtensions.StorePartial(place, Places + at, count);
            }
        }
    }

    // By input position, so that every sum is taken by one thread in the order of the outputs.
    private struct GradientJob<T> : IParallelJob
        where T : unmanaged, ISimd<T>
    {
        public PoolSize Size;
        public float* G;
        public float* Places;
        public float* GX;
        public long Rows;
        public int PerPart;

        public readonly void Execute(int index, int worker)
        {
            long end = Math.Min((index + 1L) * PerPart, Rows);
            for (long row = (long)index * PerPart; row < end; row++)
            {
                int height = (int)(row % Size.Height.Input);
                long above = row / Size.Height.Input;
                nint sample = (nint)(above / Size.Depth.Input * Size.OutputPositions * Size.Channels);
                for (int width = 0; width < Size.Width.Input; width++)
                {
                    nint at = (nint)(((row * Size.Width.Input) + width) * Size.Channels);
                    int depth = (int)(above % Size.Depth.Input);
                    PoolBounds bounds = PoolBounds.Readers(Size, depth, height, width);
                    T here = T.Broadcast((((depth * Size.Height.Input) + height) * Size.Width.Input) + width);
                    for (int c = 0; c < Size.Channels; c += T.Width)
                    {
                        Position(sample + c, bounds, here, Math.Min(T.Width, Size.Channels - c), at + c);
                    }
                }
            }
        }

        private readonly void Position(nint sample, PoolBounds bounds, T here, int count, nint at)
        {
            T sum = T.Zero;
            for (int d = bounds.DepthBegin; d < bounds.DepthEnd; d++)
            {
                for (int h = bounds.HeightBegin; h < bounds.HeightEnd; h++)
                {
                    nint row = (nint)((d * Size.Height.Output) + h) * Size.Width.Output;
                    for (int w = bounds.WidthBegin; w < bounds.WidthEnd; w++)
                    {
                        sum += Share(sample + ((row + w) * Size.Channels), here, count);
                    }
                }
            }

            if (count == T.Width)
            {
                T.Store(sum, GX + at);
            }
            else
            {
                SimdExtensions.StorePartial(sum, GX + at, count);
            }
        }

        private readonly T Share(nint from, T here, int count) => count == T.Width
            ? T.SelectEqual(T.Load(Places + from), here, T.Load(G + from), T.Zero)
            : T.SelectEqual(
                SimdExtensions.LoadPartial<T>(Places + from, count), here, SimdExtensions.LoadPartial<T>(G + from, count), T.Zero);
    }
}
