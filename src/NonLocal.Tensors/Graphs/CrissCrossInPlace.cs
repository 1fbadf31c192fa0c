using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>Criss-cross attention whose lines are so short that the kernel reads and writes them where they lie.</summary>
internal sealed unsafe class CrissCrossInPlace
{
    private readonly Binding binding;
    private readonly Shape map;
    private readonly bool ownOnce;
    private readonly Operand scratch;

    public CrissCrossInPlace(Binding binding, bool ownOnce)
    {
        this.binding = binding;
        this.ownOnce = ownOnce;
        map = binding.Inputs[0].Shape;
        scratch = binding.Scratch(Enumerable.Range(0, map.Rank - 2).Max(
            axis => AttentionSoftmax.ForwardScratch(Size(binding, axis), binding.Pool.Threads)));
    }

    /// <summary>Whether all lines are short.</summary>
    public static bool Suits(Binding binding) =>
        Enumerable.Range(0, binding.Inputs[0].Shape.Rank - 2).All(axis => AttentionSoftmax.ReadsInPlace(Size(binding, axis)));

    /// <summary>Axis after axis: the lines that lie side by side are one batch.</summary>
    public void Run()
    {
        for (int axis = 0; axis < map.Rank - 2; axis++)
        {
            AttentionSize size = Size(binding, axis);
            long groups = map.Rows / ((long)size.Batch * size.Queries);
            for (long group = 0; group < groups; group++)
            {
                long first = group * size.Batch * size.Queries;
                AttentionSoftmax.Forward(
                    binding.Pool,
                    new()
                    {
                        Size = size,
                        Q = Lines(binding.Inputs[0], axis, first),
                        K = Lines(binding.Inputs[1], axis, first),
                        V = Lines(binding.Inputs[2], axis, first),
                        Scale = 1,
                        Y = Lines(binding.Outputs[0], axis, first),
                        LogSums = Lines(binding.Outputs[1], axis, first),
                        Continues = axis > 0,
                        SkipsOwn = CrissCrossLines.SkipsOwn(map, axis, ownOnce),
                    },
                    scratch.Pointer);
            }
        }
    }

    // Lines of the last axis lie one behind the other, all of them a batch; of others as many as there are positions within a step.
    private static AttentionSize Size(Binding binding, int axis)
    {
        Shape map = binding.Inputs[0].Shape;
        int length = map[axis + 1];
        int step = CrissCrossLines.Step(map, axis);
        return new(step == 1 ? (int)(map.Rows / length) : step, length, length, map.Last, binding.Inputs[2].Shape.Last);
    }

    private BatchedRows Lines(Operand tensor, int axis, long first)
    {
        nint channels = tensor.Shape.Last;
        nint step = CrissCrossLines.Step(map, axis);
        return new(tensor.Pointer + (first * channels), step * channels, step == 1 ? map[axis + 1] * channels : channels);
    }
}
