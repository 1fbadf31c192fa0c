using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>Binds reductions over any axes: neighbouring reduced axes become one, and the innermost is reduced first.</summary>
internal static unsafe class ReductionBinding
{
    private delegate void Pass(WorkerPool pool, float* from, float* to, float* scratch);

    public static Step Bind(Binding binding, Reduction reduction)
    {
        Operand x = binding.Inputs[0];
        Operand y = binding.Outputs[0];
        WorkerPool pool = binding.Pool;
        List<(int Length, bool Reduced)> groups = Groups(x.Shape, reduction.Axes);
        List<(Pass Pass, Operand To, Operand Scratch)> passes = [];
        for (int last = groups.FindLastIndex(group => group.Reduced); last >= 0; last = groups.FindLastIndex(group => group.Reduced))
        {
            long outer = Product(groups[..last]);
            int inner = (int)Product(groups[(last + 1)..]);
            int length = groups[last].Length;
            groups.RemoveAt(last);
            bool isLast = groups.TrueForAll(group => !group.Reduced);
            Operand target = isLast ? y : binding.Scratch(outer * inner);
            passes.Add(MakePass(binding, reduction.Kind, outer, length, inner, target));
        }

        if (passes.Count == 0)
        {
            return () => new ReadOnlySpan<float>(x.Pointer, (int)x.Count).CopyTo(new Span<float>(y.Pointer, (int)y.Count));
        }

        return () =>
        {
            float* from = x.Pointer;
            foreach ((Pass pass, Operand to, Operand scratch) in passes)
            {
                pass(pool, from, to.Pointer, scratch.Pointer);
                from = to.Pointer;
            }
        };
    }

    private static (Pass Pass, Operand To, Operand Scratch) MakePass(
        Binding binding, ReductionKind kind, long outer, int length, int inner, Operand target)
    {
        long scratch = inner == 1 ? RowReduction.ScratchFloats(outer, length) : ColumnReduction.ScratchFloats(outer, length, inner);
        Pass pass = (kind, inner) switch
        {
            (ReductionKind.Sum, 1) => (pool, from, to, memory) => RowReduction.Run<SumReduction>(pool, from, to, outer, length, memory),
            (ReductionKind.Sum, _) => (pool, from, to, memory) =>
                ColumnReduction.Run<SumReduction>(pool, from, to, outer, length, inner, memory),
            (_, 1) => (pool, from, to, memory) => RowReduction.Run<MaximumReduction>(pool, from, to, outer, length, memory),
            _ => (pool, from, to, memory) => ColumnReduction.Run<MaximumReduction>(pool, from, to, outer, length, inner, memory),
        };
        return (pass, target, binding.Scratch(scratch));
    }

    private static List<(int Length, bool Reduced)> Groups(Shape shape, Shape axes)
    {
        List<(int Length, bool Reduced)> groups = [];
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (shape[axis] == 1)
            {
                continue;
            }

            bool reduced = axes.Span.Contains(axis);
            if (groups.Count > 0 && groups[^1].Reduced == reduced)
            {
                groups[^1] = (groups[^1].Length * shape[axis], reduced);
            }
            else
            {
                groups.Add((shape[axis], reduced));
            }
        }

        return groups;
    }

    private static long Product(List<(int Length, bool Reduced)> groups)
    {
        long product = 1;
        foreach ((int length, _) in groups)
        {
            product *= length;
        }

        return product;
    }
}
