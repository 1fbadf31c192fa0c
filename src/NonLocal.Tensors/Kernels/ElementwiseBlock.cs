using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>Rows of one length, and the floats from one to the next of both operands and the result.</summary>
internal readonly record struct ElementwiseRows(int Rows, int Length, nint FirstStep, nint SecondStep, nint TargetStep)
{
    /// <summary>A single row.</summary>
    public static ElementwiseRows One(int length) => new(1, length, 0, 0, 0);
}

/// <summary>Runs one step of an element-wise program over a block of floats. The result may lie over an operand.</summary>
internal static unsafe class ElementwiseBlock
{
    public static void Run<T>(ElementwiseStep step, float* a, float* b, float* y, in ElementwiseRows rows)
        where T : unmanaged, ISimd<T>
    {
        switch (step.Code)
        {
            case ElementwiseCode.Copy:
                Unary<T, CopyFunction>(a, y, rows, step.Argument);
                break;
            case ElementwiseCode.Negate:
                Unary<T, NegateFunction>(a, y, rows, step.Argument);
                break;
            case ElementwiseCode.Absolute:
                Unary<T, AbsoluteFunction>(a, y, rows, step.Argument);
                break;
            case ElementwiseCode.Square:
                Unary<T, SquareFunction>(a, y, rows, step.Argument);
                break;
            case ElementwiseCode.SquareRoot:
                Unary<T, SquareRootFunction>(a, y, rows, step.Argument);
                break;
            case ElementwiseCode.ReciprocalSquareRoot:
                Unary<T, ReciprocalSquareRootFunction>(a, y, rows, step.Argument);
                break;
            case ElementwiseCode.Reciprocal:
                Unary<T, ReciprocalFunction>(a, y, rows, step.Argument);
                break;
            case ElementwiseCode.Exponential:
                Unary<T, ExponentialFunction>(a, y, rows, step.Argument);
                break;
            case ElementwiseCode.Logarithm:
                Unary<T, LogarithmFunction>(a, y, rows, step.Argument);
                break;
            case ElementwiseCode.Sigmoid:
                Unary<T, SigmoidFunction>(a, y, rows, step.Argument);
                break;
            case ElementwiseCode.HyperbolicTangent:
                Unary<T, HyperbolicTangentFunction>(a, y, rows, step.Argument);
                break;
            case ElementwiseCode.ErrorFunction:
                Unary<T, ErrorFunctionFunction>(a, y, rows, step.Argument);
                break;
            case ElementwiseCode.Relu:
                Unary<T, ReluFunction>(a, y, rows, step.Argument);
                break;
            case ElementwiseCode.Step:
                Unary<T, StepFunction>(a, y, rows, step.Argument);
                break;
            case ElementwiseCode.Gelu:
                Unary<T, GeluFunction>(a, y, rows, step.Argument);
                break;
            case ElementwiseCode.Swish:
                Unary<T, SwishFunction>(a, y, rows, step.Argument);
                break;
            case ElementwiseCode.LeakyRelu:
                Unary<T, LeakyReluFunction>(a, y, rows, step.Argument);
                break;
            default:
                RunBinary<T>(step.Code, a, b, y, rows);
                break;
        }
    }

    private static void RunBinary<T>(ElementwiseCode code, float* a, float* b, float* y, in ElementwiseRows rows)
        where T : unmanaged, ISimd<T>
    {
        switch (code)
        {
            case ElementwiseCode.Add:
                Binary<T, AddFunction>(a, b, y, rows);
                break;
            case ElementwiseCode.Subtract:
                Binary<T, SubtractFunction>(a, b, y, rows);
                break;
            case ElementwiseCode.Multiply:
                Binary<T, MultiplyFunction>(a, b, y, rows);
                break;
            case ElementwiseCode.Divide:
                Binary<T, DivideFunction>(a, b, y, rows);
                break;
            case ElementwiseCode.Maximum:
                Binary<T, MaximumFunction>(a, b, y, rows);
                break;
            case ElementwiseCode.Minimum:
                Binary<T, MinimumFunction>(a, b, y, rows);
                break;
            case ElementwiseCode.Greater:
                Binary<T, GreaterFunction>(a, b, y, rows);
                break;
            case ElementwiseCode.Equal:
                Binary<T, EqualFunction>(a, b, y, rows);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(code));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Unary<T, TFunction>(float* a, float* y, in ElementwiseRows rows, float argument)
        where T : unmanaged, ISimd<T>
        where TFunction : IUnaryFunction
    {
        int count = rows.Length;
        for (int row = 0; row < rows.Rows; row++, a += rows.FirstStep, y += rows.TargetStep)
        {
            int i = 0;
            for (; i <= count - T.Width; i += T.Width)
            {
                T.Store(TFunction.Apply(T.Load(a + i), argument), y + i);
            }

            if (i < count)
            {
                T last = TFunction.Apply(SimdExtensions.LoadPartial<T>(a + i, count - i), argument);
                SimdExtensions.StorePartial(last, y + i, count - i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Binary<T, TFunction>(float* a, float* b, float* y, in ElementwiseRows rows)
        where T : unmanaged, ISimd<T>
        where TFunction : IBinaryFunction
    {
        int count = rows.Length;
        for (int row = 0; row < rows.Rows; row++, a += rows.FirstStep, b += rows.SecondStep, y += rows.TargetStep)
        {
            int i = 0;
            for (; i <= count - T.Width; i += T.Width)
            {
                T.Store(TFunction.Apply(T.Load(a + i), T.Load(b + i)), y + i);
            }

            if (i < count)
            {
                T left = SimdExtensions.LoadPartial<T>(a + i, count - i);
                T right = SimdExtensions.LoadPartial<T>(b + i, count - i);
                SimdExtensions.StorePartial(TFunction.Apply(left, right), y + i, count - i);
            }
        }
    }
}
