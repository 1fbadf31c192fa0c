using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>Runs one step of an element-wise program over a block of floats. The result may lie over an operand.</summary>
internal static unsafe class ElementwiseBlock
{
    public static void Run<T>(ElementwiseStep step, float* a, float* b, float* y, int count)
        where T : unmanaged, ISimd<T>
    {
        switch (step.Code)
        {
            case ElementwiseCode.Copy:
                Unary<T, CopyFunction>(a, y, count, step.Argument);
                break;
            case ElementwiseCode.Negate:
                Unary<T, NegateFunction>(a, y, count, step.Argument);
                break;
            case ElementwiseCode.Absolute:
                Unary<T, AbsoluteFunction>(a, y, count, step.Argument);
                break;
            case ElementwiseCode.Square:
                Unary<T, SquareFunction>(a, y, count, step.Argument);
                break;
            case ElementwiseCode.SquareRoot:
                Unary<T, SquareRootFunction>(a, y, count, step.Argument);
                break;
            case ElementwiseCode.ReciprocalSquareRoot:
                Unary<T, ReciprocalSquareRootFunction>(a, y, count, step.Argument);
                break;
            case ElementwiseCode.Reciprocal:
                Unary<T, ReciprocalFunction>(a, y, count, step.Argument);
                break;
            case ElementwiseCode.Exponential:
                Unary<T, ExponentialFunction>(a, y, count, step.Argument);
                break;
            case ElementwiseCode.Logarithm:
                Unary<T, LogarithmFunction>(a, y, count, step.Argument);
                break;
            case ElementwiseCode.Sigmoid:
                Unary<T, SigmoidFunction>(a, y, count, step.Argument);
                break;
            case ElementwiseCode.HyperbolicTangent:
                Unary<T, HyperbolicTangentFunction>(a, y, count, step.Argument);
                break;
            case ElementwiseCode.ErrorFunction:
                Unary<T, ErrorFunctionFunction>(a, y, count, step.Argument);
                break;
            case ElementwiseCode.Relu:
                Unary<T, ReluFunction>(a, y, count, step.Argument);
                break;
            case ElementwiseCode.Step:
                Unary<T, StepFunction>(a, y, count, step.Argument);
                break;
            case ElementwiseCode.Gelu:
                Unary<T, GeluFunction>(a, y, count, step.Argument);
                break;
            case ElementwiseCode.Swish:
                Unary<T, SwishFunction>(a, y, count, step.Argument);
                break;
            case ElementwiseCode.LeakyRelu:
                Unary<T, LeakyReluFunction>(a, y, count, step.Argument);
                break;
            default:
                RunBinary<T>(step.Code, a, b, y, count);
                break;
        }
    }

    private static void RunBinary<T>(ElementwiseCode code, float* a, float* b, float* y, int count)
        where T : unmanaged, ISimd<T>
    {
        switch (code)
        {
            case ElementwiseCode.Add:
                Binary<T, AddFunction>(a, b, y, count);
                break;
            case ElementwiseCode.Subtract:
                Binary<T, SubtractFunction>(a, b, y, count);
                break;
            case ElementwiseCode.Multiply:
                Binary<T, MultiplyFunction>(a, b, y, count);
                break;
            case ElementwiseCode.Divide:
                Binary<T, DivideFunction>(a, b, y, count);
                break;
            case ElementwiseCode.Maximum:
                Binary<T, MaximumFunction>(a, b, y, count);
                break;
            case ElementwiseCode.Minimum:
                Binary<T, MinimumFunction>(a, b, y, count);
                break;
            case ElementwiseCode.Greater:
                Binary<T, GreaterFunction>(a, b, y, count);
                break;
            case ElementwiseCode.Equal:
                Binary<T, EqualFunction>(a, b, y, count);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(code));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Unary<T, TFunction>(float* a, float* y, int count, float argument)
        where T : unmanaged, ISimd<T>
        where TFunction : IUnaryFunction
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

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Binary<T, TFunction>(float* a, float* b, float* y, int count)
        where T : unmanaged, ISimd<T>
        where TFunction : IBinaryFunction
    {
        int i = 0;
        for (; i <= count - T.Width; i += T.Width)
        {
            T.Store(TFunction.Apply(T.Load(a + i), T.Load(b + i)), y + i);
        }

        if (i < count)
        {
            T last = TFunction.Apply(SimdExtensions.LoadPartial<T>(a + i, count - i), SimdExtensions.LoadPartial<T>(b + i, count - i));
            SimdExtensions.StorePartial(last, y + i, count - i);
        }
    }
}
