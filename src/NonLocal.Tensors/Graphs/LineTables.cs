using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// The lines along one axis of some maps [batch, positions…, channels] as dense tables [line, place, channels]. Those of the last axis lie
/// in memory like that. Those of another lie side by side: some are gathered, worked on, and put back, then the next.
/// </summary>
/// <remarks>
/// The places of such a line are often a large power of two apart: a kernel that walked from one to the next would find all of them in
/// one set of the cache.
/// </remarks>
internal sealed unsafe class LineTables
{
    private const int MostGatheredFloats = 1 << 20;

    private readonly WorkerPool pool;
    private readonly Operand[] tensors;
    private readonly long[] offsets;
    private readonly BoxCopy[][] gather;
    private readonly BoxCopy[][] scatter;
    private readonly int length;
    private readonly int step;
    private readonly int chunksInPart;
    private readonly int largest;
    private readonly int last;

    /// <summary>The lines of a spatial axis (from 0) in tensors that have the map's positions.</summary>
    public LineTables(WorkerPool pool, Shape map, int axis, Operand[] tensors)
    {
        this.pool = pool;
        this.tensors = tensors;
        length = map[axis + 1];
        step = CrissCrossLines.Step(map, axis);
        long floats = tensors.Sum(tensor => (long)length * tensor.Shape.Last);
        bool gathered = step > 1;
        int lines = gathered ? step : (int)(map.Rows / length);
        largest = gathered ? (int)Math.Clamp(MostGatheredFloats / floats, 1, step) : lines;
        chunksInPart = (lines + largest - 1) / largest;
        last = lines - ((chunksInPart - 1) * largest);
        Chunks = gathered ? (int)map[..(axis + 1)].Count * chunksInPart : 1;
        Floats = gathered ? largest * floats : 0;
        offsets = [.. tensors.Select((_, i) => tensors.Take(i).Sum(before => (long)largest * length * before.Shape.Last))];
        int[] counts = gathered ? [largest, last] : [];
        gather = [.. counts.Select(count => tensors.Select(tensor => Gathering(count, tensor.Shape.Last)).ToArray())];
        scatter = [.. counts.Select(count => tensors.Select(tensor => Scattering(count, tensor.Shape.Last)).ToArray())];
    }

    /// <summary>How often lines are gathered.</summary>
    public int Chunks { get; }

    /// <summary>How much memory gathered lines take.</summary>
    public long Floats { get; }

    /// <summary>The memory for gathered lines.</summary>
    public Operand Gathered { private get; set; } = null!;

    /// <summary>The size of attention within the lines of one chunk.</summary>
    public AttentionSize Size(int chunk, int keyWidth, int valueWidth) =>
        new(IsLast(chunk) ? last : largest, length, length, keyWidth, valueWidth);

    /// <summary>Reads the lines of some tensors.</summary>
    public void Gather(int chunk, int firstTensor, int endTensor)
    {
        for (int tensor = firstTensor; tensor < endTensor && step > 1; tensor++)
        {
            gather[IsLast(chunk) ? 1 : 0][tensor].Run(pool, InMap(tensor, chunk), Gathered.Pointer + offsets[tensor]);
        }
    }

    /// <summary>Writes the lines of some tensors back.</summary>
    public void Scatter(int chunk, int firstTensor, int endTensor)
    {
        for (int tensor = firstTensor; tensor < endTensor && step > 1; tensor++)
        {
            scatter[IsLast(chunk) ? 1 : 0][tensor].Run(pool, Gathered.Pointer + offsets[tensor], InMap(tensor, chunk));
        }
    }

    /// <summary>Where a kernel finds the lines of one tensor.</summary>
    public BatchedRows Rows(int tensor)
    {
        nint channels = tensors[tensor].Shape.Last;
        return new BatchedRows(step == 1 ? tensors[tensor].Pointer : Gathered.Pointer + offsets[tensor], channels, length * channels);
    }

    private bool IsLast(int chunk) => chunk % chunksInPart == chunksInPart - 1;

    private float* InMap(int tensor, int chunk)
    {
        (int part, int within) = Math.DivRem(chunk, chunksInPart);
        nint position = ((nint)part * length * step) + ((nint)within * largest);
        return tensors[tensor].Pointer + (position * tensors[tensor].Shape.Last);
    }

    // Both walk the map in the order in which it lies in memory.
    private BoxCopy Gathering(int lines, int channels) => new(
        [new(length, (nint)step * channels, channels), new(lines, channels, (nint)length * channels), new(channels, 1, 1)]);

    private BoxCopy Scattering(int lines, int channels) => new(
        [new(length, channels, (nint)step * channels), new(lines, (nint)length * channels, channels), new(channels, 1, 1)]);
}
