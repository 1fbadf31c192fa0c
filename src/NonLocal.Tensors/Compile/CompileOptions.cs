using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Compile;

/// <summary>How a program is made. Passes change speed and memory, never what is computed (but for rounding).</summary>
public sealed record CompileOptions
{
    /// <summary>Drops nodes that no output and no assignment needs.</summary>
    public bool RemoveDeadCode { get; init; } = true;

    /// <summary>Computes equal work once.</summary>
    public bool MergeCommon { get; init; } = true;

    /// <summary>Folds a per-channel scale made of variables (batch norm at inference) into the weights before it.</summary>
    public bool FoldScales { get; init; } = true;

    /// <summary>Multiplies matrices in the order, and by the products, that take less work.</summary>
    public bool OrderProducts { get; init; } = true;

    /// <summary>Lets products and convolutions add bias and residual and apply the activation while they write.</summary>
    public bool FuseEpilogues { get; init; } = true;

    /// <summary>Runs chains of element-wise operations in one pass over memory.</summary>
    public bool FuseElementwise { get; init; } = true;

    /// <summary>Lets element-wise steps write over an input that nobody reads afterwards.</summary>
    public bool ReuseInPlace { get; init; } = true;

    /// <summary>Runs the literal definitions instead of the kernels: slow; for tests and for finding faults.</summary>
    public bool LiteralKernels { get; init; }

    /// <summary>The threads to run on; null: <see cref="WorkerPool.Shared"/>.</summary>
    public WorkerPool? Pool { get; init; }

    /// <summary>Memory to work in, shared with other programs that do not run at the same time; null: its own.</summary>
    public MemoryBlock? Arena { get; init; }

    /// <summary>Refuse a program whose arena and outputs would take more bytes than this; null: no limit.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>All passes off.</summary>
    public static CompileOptions NoPasses { get; } = new()
    {
        RemoveDeadCode = false,
        MergeCommon = false,
        FoldScales = false,
        OrderProducts = false,
        FuseEpilogues = false,
        FuseElementwise = false,
        ReuseInPlace = false,
    };
}
