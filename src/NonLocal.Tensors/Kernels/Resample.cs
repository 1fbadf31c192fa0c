using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Applies one linear map along each of three axes of a map [batch, depth, height, width, channels]: average pools, resizing, and the
/// gradients of both.
/// </summary>
internal static unsafe class Resample
{
    private const int ChannelsPerUnit = 64;
    private const int ElementsPerPart = 65536;

    /// <summary>Writes y [batch, output positions, channels] from x [batch, input positions, channels].</summary>
    public static void Run(
        WorkerPool pool, int batch, AxisTableView depth, AxisTableView height,
        AxisTableView width, int channels, long taps, float* x, float* y)
    {
        if (SimdWidth.Is512)
        {
            Run<Simd512>(pool, batch, depth, height, width, channels, taps, x, y);
        }
        else if (SimdWidth.Is256)
        {
            Run<Simd256>(pool, batch, depth, height, width, channels, taps, x, y);
        }
        else
        {
            Run<Simd128>(pool, batch, depth, height, width, channels, taps, x, y);
        }
    }

    private static void Run<T>(
        WorkerPool pool, int batch, AxisTableView depth, AxisTableView height,
        AxisTableView width, int channels, long taps, float* x, float* y)
        where T : unmanaged, ISimd<T>
    {
        int slices = (channels + ChannelsPerUnit - 1) / ChannelsPerUnit;
        long units = (long)batch * depth.Output * height.Output * width.Output * slices;
        long work = Math.Max(1, taps) * Math.Min(channels, ChannelsPerUnit);
        Job<T> job = new()
        {
            Depth = depth,
            Height = height,
            Width = width,
            Channels = channels,
            Slices = slices,
            X = x,
            Y = y,
            Units = units,
            PerPart = Math.Max(1, ElementsPerPart / work),
        };
        pool.Run(ref job, (int)((units + job.PerPart - 1) / job.PerPart));
    }

    private struct Job<T> : IParallelJob
        where T : unmanaged, ISimd<T>
    {
        public AxisTableView Depth;
        public AxisTableView Height;
        public AxisTableView Width;
        public int Channels;
        public int Slices;
        public float* X;
        public float* Y;
        public long Units;
        public long PerPart;

        public readonly void Execute(int index, int worker)
        {
            long end = Math.Min((index + 1L) * PerPart, Units);
            for (long unit = index * PerPart; unit < end; unit++)
            {
                long position = unit / Slices;
                int first = (int)(unit % Slices) * ChannelsPerUnit;
                int w = (int)(position % Width.Output);
                long above = position / Width.Output;
                int h = (int)(above % Height.Output);
                above /= Height.Output;
                int d = (int)(above % Depth.Output);
                nint sample = (nint)(above / Depth.Output * Depth.Input * Height.Input * Width.Input * Channels);
                float* y = Y + (nint)(position * Channels);
                int last = Math.Min(first + ChannelsPerUnit, Channels);
                int c = first;
                for (; c <= last - (2 * T.Width); c += 2 * T.Width)
                {
                    Two(X + sample + c, y + c, d, h, w);
                }

                for (; c < last; c += T.Width)
                {
                    One(X + sample + c, y + c, d, h, w, Math.Min(T.Width, last - c));
                }
            }
        }

        // Sums of sums, axis by axis: weights are applied once a level, and long windows lose no digits.
        private readonly void Two(float* x, float* y, int d, int h, int w)
        {
            T total0 = T.Zero;
            T total1 = T.Zero;
            for (int i = 0; i < Depth.Count(d); i++)
            {
                T plane0 = T.Zero;
                T plane1 = T.Zero;
                for (int j = 0; j < Height.Count(h); j++)
                {
                    float* row = x + RowOffset(d, i, h, j, w);
                    float* weights = Width.Weights(w);
                    T line0 = T.Zero;
                    T line1 = T.Zero;
                    for (int k = 0; k < Width.Count(w); k++, row += Channels)
                    {
                        T weight = T.Broadcast(weights[k]);
                        line0 = T.MultiplyAdd(T.Load(row), weight, line0);
                        line1 = T.MultiplyAdd(T.Load(row + T.Width), weight, line1);
                    }

                    T factor = T.Broadcast(Height.Weights(h)[j]);
                    plane0 = T.MultiplyAdd(line0, factor, plane0);
                    plane1 = T.MultiplyAdd(line1, factor, plane1);
                }

                T share = T.Broadcast(Depth.Weights(d)[i]);
                total0 = T.MultiplyAdd(plane0, share, total0);
                total1 = T.MultiplyAdd(plane1, share, total1);
            }

            T.Store(total0, y);
            T.Store(total1, y + T.Width);
        }

        private readonly void One(float* x, float* y, int d, int h, int w, int count)
        {
            T total = T.Zero;
            for (int i = 0; i < Depth.Count(d); i++)
            {
                T plane = T.Zero;
                for (int j = 0; j < Height.Count(h); j++)
                {
                    float* row = x + RowOffset(d, i, h, j, w);
                    T line = T.Zero;
                    for (int k = 0; k < Width.Count(w); k++, row += Channels)
                    {
                        T value = count == T.Width ? T.Load(row) : SimdExtensions.LoadPartial<T>(row, count);
                        line = T.MultiplyAdd(value, T.Broadcast(Width.Weights(w)[k]), line);
                    }

                    plane = T.MultiplyAdd(line, T.Broadcast(Height.Weights(h)[j]), plane);
                }

                total = T.MultiplyAdd(plane, T.Broadcast(Depth.Weights(d)[i]), total);
            }

            if (count == T.Width)
            {
                T.Store(total, y);
            }
            else
            {
                SimdExtensions.StorePartial(total, y, count);
            }
        }

        private readonly nint RowOffset(int d, int i, int h, int j, int w) =>
            (((((nint)Depth.Start(d) + i) * Height.Input) + Height.Start(h) + j) * Width.Input + Width.Start(w)) * Channels;
    }
}
