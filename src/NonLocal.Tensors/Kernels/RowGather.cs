using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>Picks rows of a table by number, and adds rows to numbered rows.</summary>
internal static unsafe class RowGather
{
    private const int ElementsPerPart = 32768;
    private const int ColumnsPerPart = 256;

    /// <summary>y[i] = x[numbers[i]]; a row of NaN where the number is no row of x.</summary>
    public static void Gather(WorkerPool pool, float* x, float* numbers, float* y, int rows, int count, int columns)
    {
        int perPart = Math.Max(1, ElementsPerPart / columns);
        GatherJob job = new() { X = x, Numbers = numbers, Y = y, Rows = rows, Count = count, Columns = columns, PerPart = perPart };
        pool.Run(ref job, (count + perPart - 1) / perPart);
    }

    /// <summary>y = 0, then y[numbers[i]] += x[i] for i = 0, 1, …; numbers that are no row of y are left out.</summary>
    /// <remarks>Columns are shared among threads, never rows: each sum is taken in the order of i.</remarks>
    public static void ScatterAdd(WorkerPool pool, float* x, float* numbers, float* y, int rows, int count, int columns)
    {
        ScatterJob job = new() { X = x, Numbers = numbers, Y = y, Rows = rows, Count = count, Columns = columns };
        pool.Run(ref job, (columns + ColumnsPerPart - 1) / ColumnsPerPart);
    }

    /// <summary>The row that a number means, or −1.</summary>
    public static int RowOf(float number, int rows) => number >= 0 && number < rows && number == MathF.Floor(number) ? (int)number : -1;

    private struct GatherJob : IParallelJob
    {
        public float* X;
        public float* Numbers;
        public float* Y;
        public int Rows;
        public int Count;
        public int Columns;
        public int PerPart;

        public readonly void Execute(int index, int worker)
        {
            for (int i = index * PerPart; i < Math.Min((index + 1) * PerPart, Count); i++)
            {
                Span<float> target = new(Y + ((nint)i * Columns), Columns);
                int row = RowOf(Numbers[i], Rows);
                if (row < 0)
                {
                    target.Fill(float.NaN);
                }
                else
                {
                    new ReadOnlySpan<float>(X + ((nint)row * Columns), Columns).CopyTo(target);
                }
            }
        }
    }

    private struct ScatterJob : IParallelJob
    {
        public float* X;
        public float* Numbers;
        public float* Y;
        public int Rows;
        public int Count;
        public int Columns;

        public readonly void Execute(int index, int worker)
        {
            int first = index * ColumnsPerPart;
            int columns = Math.Min(ColumnsPerPart, Columns - first);
            for (int row = 0; row < Rows; row++)
            {
                new Span<float>(Y + ((nint)row * Columns) + first, columns).Clear();
            }

            for (int i = 0; i < Count; i++)
            {
                int row = RowOf(Numbers[i], Rows);
                if (row >= 0)
                {
                    float* source = X + ((nint)i * Columns) + first;
                    float* target = Y + ((nint)row * Columns) + first;
                    for (int c = 0; c < columns; c++)
                    {
                        target[c] += source[c];
                    }
                }
            }
        }
    }
}
