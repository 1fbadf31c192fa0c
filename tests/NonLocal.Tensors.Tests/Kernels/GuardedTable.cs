using System.Runtime.InteropServices;
using NonLocal.Tensors.Kernels;

namespace NonLocal.Tensors.Tests.Kernels;

/// <summary>A [batch, rows, channels] table with gaps between its rows that hold a known number, to see stray writes.</summary>
internal sealed unsafe class GuardedTable : IDisposable
{
    private const float Canary = -12345.678f;
    private const int Guard = 64;

    private readonly int batch;
    private readonly int rows;
    private readonly int channels;
    private readonly int stride;
    private readonly float* memory;

    public GuardedTable(int batch, int rows, int channels, int gap, float filled = float.NaN)
    {
        this.batch = batch;
        this.rows = rows;
        this.channels = channels;
        stride = channels + gap;
        memory = (float*)NativeMemory.AlignedAlloc((nuint)Length * sizeof(float), 64);
        new Span<float>(memory, Length).Fill(Canary);
        ForEach((b, r, c) => this[b, r, c] = filled);
    }

    public BatchedRows View => new(memory + Guard, stride, BatchStride);

    private int BatchStride => (rows * stride) + 3;

    private int Length => (2 * Guard) + (batch * BatchStride);

    public ref float this[int b, int r, int c] => ref memory[Guard + (b * BatchStride) + (r * stride) + c];

    public static GuardedTable Random(Random random, int batch, int rows, int channels, int gap, double scale = 1)
    {
        GuardedTable table = new(batch, rows, channels, gap);
        table.ForEach((b, r, c) => table[b, r, c] = (float)(scale * ((random.NextDouble() * 2) - 1)));
        return table;
    }

    public void ForEach(Action<int, int, int> action)
    {
        for (int b = 0; b < batch; b++)
        {
            for (int r = 0; r < rows; r++)
            {
                for (int c = 0; c < channels; c++)
                {
                    action(b, r, c);
                }
            }
        }
    }

    /// <summary>The numbers as doubles, [batch, rows, channels] without gaps.</summary>
    public double[,,] ToDoubles()
    {
        double[,,] result = new double[batch, rows, channels];
        ForEach((b, r, c) => result[b, r, c] = this[b, r, c]);
        return result;
    }

    /// <summary>The bits of the numbers, to compare runs.</summary>
    public uint[] ToBits()
    {
        List<uint> bits = [];
        ForEach((b, r, c) => bits.Add(BitConverter.SingleToUInt32Bits(this[b, r, c])));
        return [.. bits];
    }

    /// <summary>Fails when anything outside the table has changed.</summary>
    public void AssertGapsUntouched()
    {
        HashSet<int> inside = [];
        ForEach((b, r, c) => inside.Add(Guard + (b * BatchStride) + (r * stride) + c));
        for (int i = 0; i < Length; i++)
        {
            Assert.True(inside.Contains(i) || memory[i] == Canary, $"float {i - Guard} outside the table was overwritten");
        }
    }

    /// <summary>The distance to an expected table relative to the size of the expected one (Frobenius norms).</summary>
    public double RelativeErrorTo(double[,,] expected)
    {
        double difference = 0;
        double size = 0;
        ForEach((b, r, c) =>
        {
            double gap = this[b, r, c] - expected[b, r, c];
            difference += gap * gap;
            size += expected[b, r, c] * expected[b, r, c];
        });
        return Math.Sqrt(difference) / Math.Max(Math.Sqrt(size), 1e-30);
    }

    public void Dispose() => NativeMemory.AlignedFree(memory);
}
