using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Softmax attention, Y = softmax_row(scale·Q Kᵀ + 1 biasᵀ) V, exactly and without its N×M map, and its gradients.
/// </summary>
public static unsafe class AttentionSoftmax
{
    /// <summary>Whether <see cref="Forward"/> takes rows any distance apart without a loss.</summary>
    public static bool ReadsInPlace(AttentionSize size) => ShortAttentionPlan.Suits(size);

    /// <summary>Floats of scratch memory for <see cref="Forward"/>.</summary>
    public static long ForwardScratch(AttentionSize size, int threads)
    {
        if (ShortAttentionPlan.Suits(size))
        {
            return threads * (SimdWidth.Is512 ? ShortAttention<Simd512>.Plan(size)
                : SimdWidth.Is256 ? ShortAttention<Simd256>.Plan(size)
                : ShortAttention<Simd128>.Plan(size)).WorkerFloats;
        }

        AttentionForwardPlan plan = SimdWidth.Is512 ? AttentionForward<Simd512>.Plan(size)
            : SimdWidth.Is256 ? AttentionForward<Simd256>.Plan(size)
            : AttentionForward<Simd128>.Plan(size);
        return plan.PackedFloats + (threads * plan.WorkerFloats);
    }

    /// <summary>Computes Y and the rows' log-sum-exp. A row whose scores are all -inf gives 0 and -inf.</summary>
    public static void Forward(WorkerPool pool, AttentionOperands operands, float* scratch)
    {
        if (ShortAttentionPlan.Suits(operands.Size))
        {
            Short(pool, operands, scratch);
        }
        else if (SimdWidth.Is512)
        {
            AttentionForward<Simd512>.Run(pool, operands, scratch);
        }
        else if (SimdWidth.Is256)
        {
            AttentionForward<Simd256>.Run(pool, operands, scratch);
        }
        else
        {
            AttentionForward<Simd128>.Run(pool, operands, scratch);
        }
    }

    /// <summary>Floats of scratch memory for <see cref="Backward"/>.</summary>
    public static long BackwardScratch(AttentionSize size, int threads)
    {
        AttentionBackwardPlan plan = SimdWidth.Is512 ? AttentionBackward<Simd512>.Plan(size)
            : SimdWidth.Is256 ? AttentionBackward<Simd256>.Plan(size)
            : AttentionBackward<Simd128>.Plan(size);
        return plan.KeyFloats + plan.QueryFloats + (threads * plan.WorkerFloats) + plan.DotFloats;
    }

    /// <summary>The gradients of <see cref="Forward"/> from its operands and results. What is computed is overwritten.</summary>
    /// <remarks>
    /// dQ may lie in the memory of Y when both have the same shape and strides: each row of Y is read before dQ is written.
    /// </remarks>
    public static void Backward(WorkerPool pool, AttentionOperands operands, AttentionGradients gradients, float* scratch)
    {
        if (SimdWidth.Is512)
        {
            AttentionBackward<Simd512>.Run(pool, operands, gradients, scratch);
        }
        else if (SimdWidth.Is256)
        {
            AttentionBackward<Simd256>.Run(pool, operands, gradients, scratch);
        }
        else
        {
            AttentionBackward<Simd128>.Run(pool, operands, gradients, scratch);
        }
    }

    private static void Short(WorkerPool pool, AttentionOperands operands, float* scratch)
    {
        if (SimdWidth.Is512)
        {
            ShortAttention<Simd512>.Run(pool, operands, scratch);
        }
        else if (SimdWidth.Is256)
        {
            ShortAttention<Simd256>.Run(pool, operands, scratch);
        }
        else
        {
            ShortAttention<Simd128>.Run(pool, operands, scratch);
        }
    }
}
