using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>Criss-cross attention whose lines are so short that the kernel reads and writes them where they lie.</summary>
internal sealed unsafe class CrissCrossInPlace
{
    private readonly Binding binding;
    private readonly Axis[] axes;
    private readonly Operand scratch;

    public CrissCrossInPlace(Binding binding, bool ownOnce)
    {
        this.binding = binding;
        Shape map = binding.Inputs[0].Shape;
        axes = [.. Enumerable.Range(0, map.Rank - 2).Select(
            axis => new Axis(Size(binding, axis), CrissCrossLines.Step(map, axis), CrissCrossLines.SkipsOwn(map, axis, ownOnce)))];
        scratch = binding.Scratch(axes.Max(axis => AttentionSoftmax.ForwardScratch(axis.Size, binding.Pool.Threads)));
    }

    /// <summary>Whether all lines are short.</summary>
    public static bool Suits(Binding binding) =>
        Enumerable.Range(0, binding.Inputs[0].Shape.Rank - 2).All(axis => AttentionSoftmax.ReadsInPlace(Size(binding, axis)));

    /// <summary>Axis after axis: the lines that lie side by side are one batch.</summary>
    public void Run()
    {
        for (int i = 0; i < axes.Length; i++)
        {
            Axis axis = axes[i];
            long positions = (long)axis.Size.Batch * axis.Size.Queries;
            long all = binding.Outputs[1].Count;
            for (long first = 0; first < all; first += positions)
            {
                AttentionSoftmax.Forward(
                    binding.Pool,
                    new()
                    {
                        Size = axis.Size,
                        Q = axis.Lines(binding.Inputs[0], first),
                        K = axis.Lines(binding.Inputs[1], first),
                        V = axis.Lines(binding.Inputs[2], first),
                        Scale = 1,
                        Y = axis.Lines(binding.Outputs[0], first),
                        LogSums = axis.Lines(binding.Outputs[1], first),
                        Continues = i > 0,
                        SkipsOwn = axis.SkipsOwn,
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

    /// <summary>The lines of one axis.</summary>
    /// <param name="Size">Of lines that are one batch.</param>
    /// <param name="Step">Positions from one place of a line to the next.</param>
    /// <param name="SkipsOwn">Whether a position leaves itself out.</param>
    private sealed record Axis(AttentionSize Size, int Step, bool SkipsOwn)
    {
        /// <summary>The lines of a batch in one tensor.</summary>
        /// <param name="tensor">As long as the map.</param>
        /// <param name="first">The first position.</param>
        public BatchedRows Lines(Operand tensor, long first)
        {
            nint channels = tensor.Shape.Last;
            return new(tensor.Pointer + (first * channels), Step * channels, Step == 1 ? Size.Queries * channels : channels);
        }
    }
}
