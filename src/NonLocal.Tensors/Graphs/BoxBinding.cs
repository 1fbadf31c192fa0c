using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>Binds movements of boxes of elements between tensors.</summary>
internal static unsafe class BoxBinding
{
    /// <summary>Floats from one element to the next along every axis of a dense tensor.</summary>
    public static nint[] Steps(Shape shape)
    {
        nint[] steps = new nint[shape.Rank];
        nint step = 1;
        for (int axis = shape.Rank - 1; axis >= 0; axis--)
        {
            steps[axis] = step;
            step *= shape[axis];
        }

        return steps;
    }

    /// <summary>A copy of a box of the given lengths between two dense tensors.</summary>
    public static BoxCopy Copy(Shape lengths, Shape from, Shape to)
    {
        nint[] fromSteps = Steps(from);
        nint[] toSteps = Steps(to);
        BoxAxis[] axes = new BoxAxis[lengths.Rank];
        for (int axis = 0; axis < axes.Length; axis++)
        {
            axes[axis] = new BoxAxis(lengths[axis], fromSteps[axis], toSteps[axis]);
        }

        return new BoxCopy(axes);
    }

    /// <summary>Where the element at a place of a dense tensor is.</summary>
    public static nint Offset(Shape shape, Shape place)
    {
        nint[] steps = Steps(shape);
        nint offset = 0;
        for (int axis = 0; axis < steps.Length; axis++)
        {
            offset += place[axis] * steps[axis];
        }

        return offset;
    }

    /// <summary>The step of a permutation of axes.</summary>
    public static Step Permute(Binding binding, Shape order)
    {
        Operand x = binding.Inputs[0];
        Operand y = binding.Outputs[0];
        WorkerPool pool = binding.Pool;
        nint[] from = Steps(x.Shape);
        nint[] to = Steps(y.Shape);
        BoxCopy copy = new([.. order.Select((axis, i) => new BoxAxis(y.Shape[i], from[axis], to[i]))]);
        return () => copy.Run(pool, x.Pointer, y.Pointer);
    }
}
