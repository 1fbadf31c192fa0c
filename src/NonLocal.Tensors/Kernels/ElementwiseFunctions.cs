using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>A function of every lane of one register.</summary>
internal interface IUnaryFunction
{
    static abstract T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T>;
}

/// <summary>A function of every lane of two registers.</summary>
internal interface IBinaryFunction
{
    static abstract T Apply<T>(T a, T b)
        where T : unmanaged, ISimd<T>;
}

internal readonly struct CopyFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => x;
}

internal readonly struct NegateFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => T.Broadcast(-0f) - x;
}

internal readonly struct AbsoluteFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => T.Abs(x);
}

internal readonly struct SquareFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => x * x;
}

internal readonly struct SquareRootFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => T.Sqrt(x);
}

internal readonly struct ReciprocalSquareRootFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => T.Broadcast(1) / T.Sqrt(x);
}

internal readonly struct ReciprocalFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => T.Broadcast(1) / x;
}

internal readonly struct ExponentialFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => VectorMath.Exp(x);
}

internal readonly struct LogarithmFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => VectorFunctions.Log(x);
}

internal readonly struct SigmoidFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => VectorMath.Sigmoid(x);
}

internal readonly struct HyperbolicTangentFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => VectorFunctions.Tanh(x);
}

internal readonly struct ErrorFunctionFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => VectorFunctions.Erf(x);
}

internal readonly struct ReluFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => T.SelectGreater(T.Zero, x, T.Zero, x);
}

internal readonly struct StepFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => T.SelectGreater(x, T.Zero, T.Broadcast(1), T.Zero);
}

internal readonly struct GeluFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => x * T.MultiplyAdd(
            VectorFunctions.Erf(x * T.Broadcast(0.70710678f)), T.Broadcast(0.5f), T.Broadcast(0.5f));
}

internal readonly struct SwishFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => x / (T.Broadcast(1) + VectorMath.Exp(T.Zero - x));
}

internal readonly struct LeakyReluFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float argument)
        where T : unmanaged, ISimd<T> => T.SelectGreater(x, T.Zero, x, x * T.Broadcast(argument));
}

internal readonly struct AddFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T a, T b)
        where T : unmanaged, ISimd<T> => a + b;
}

internal readonly struct SubtractFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T a, T b)
        where T : unmanaged, ISimd<T> => a - b;
}

internal readonly struct MultiplyFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T a, T b)
        where T : unmanaged, ISimd<T> => a * b;
}

internal readonly struct DivideFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T a, T b)
        where T : unmanaged, ISimd<T> => a / b;
}

internal readonly struct MaximumFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T a, T b)
        where T : unmanaged, ISimd<T> => T.Max(a, b);
}

internal readonly struct MinimumFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T a, T b)
        where T : unmanaged, ISimd<T> => T.Min(a, b);
}

internal readonly struct GreaterFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T a, T b)
        where T : unmanaged, ISimd<T> => T.SelectGreater(a, b, T.Broadcast(1), T.Zero);
}

internal readonly struct EqualFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T a, T b)
        where T : unmanaged, ISimd<T> => T.SelectEqual(a, b, T.Broadcast(1), T.Zero);
}
