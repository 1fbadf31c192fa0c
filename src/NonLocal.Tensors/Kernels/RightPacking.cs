using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>Packs the right matrix of a product before its tasks start; a part packs a stretch of the inner length of all panels.</summary>
internal unsafe struct RightPacking : IParallelJob
{
    private const int InnerOfPart = 64;

    public ProductPlan Plan;
    public Matrix Right;
    public float* Packed;

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public readonly int Parts => (Plan.Sizes.Inner + InnerOfPart - 1) / InnerOfPart;

    public readonly void Execute(int index, int worker)
    {
        int first = index * InnerOfPart;
        int rows = Math.Min(InnerOfPart, Plan.Sizes.Inner - first);
        Matrix part = new(Right.At(0, first, 0), Right.RowStride, Right.ColumnStride);
        MatrixProduct.PackRightRows(part, first, rows, Plan.Sizes.Inner, Plan.Sizes.Columns, Packed);
    }
}
