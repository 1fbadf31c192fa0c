using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The part of a symmetric product that is computed: stripes of rows, each from its first row's diagonal element to the last column. A
/// task computes a stretch of a stripe.
/// </summary>
internal unsafe struct SymmetricStripes : IParallelJob
{
    /// <summary>
    /// Rows of a stripe: whole tiles of the micro-kernel (12 or 6 rows) and whole panels of the packed form (32, 16 or 8 columns).
    /// </summary>
    public const int Height = 96;

    private const int TaskColumns = 256;

    /// <summary>The rows of the table that are summed over now.</summary>
    public float* Table;

    /// <summary>The same as a right matrix in packed form.</summary>
    public float* Packed;

    /// <summary>The output, [columns, columns].</summary>
    public float* Square;

    /// <summary>Whether sums over rows before are there already.</summary>
    public bool Accumulate;

    /// <summary><see cref="WorkerFloats"/> floats for each worker.</summary>
    public float* WorkerScratch;

    private readonly int columns;
    private readonly int rows;

    public SymmetricStripes(int columns, int rows)
    {
        (this.columns, this.rows) = (columns, rows);
        for (int first = 0; first < columns; first += Height)
        {
            ProductPlan plan = Plan(first);
            Parts += plan.Tasks;
            WorkerFloats = Math.Max(WorkerFloats, plan.WorkerFloats);
        }
    }

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public int Parts { get; }

    public int WorkerFloats { get; }

    public readonly void Execute(int index, int worker)
    {
        int first = 0;
        ProductPlan plan = Plan(first);
        while (index >= plan.Tasks)
        {
            index -= plan.Tasks;
            first += Height;
            plan = Plan(first);
        }

        ProductJob<MatrixSource> job = new()
        {
            Plan = plan,
            Left = new MatrixSource(new Matrix(Table + first, 1, columns)),
            PackedRight = Packed + ((nint)first * rows),
            Output = new Matrix(Square + ((nint)first * columns) + first, columns),
            Epilogue = new ProductEpilogue { Accumulate = Accumulate },
            WorkerScratch = WorkerScratch + ((nint)worker * WorkerFloats),
        };
        job.Execute(index, worker: 0);
    }

    private readonly ProductPlan Plan(int first) =>
        MatrixProduct.PlanOfPart(new ProductSizes(1, Math.Min(Height, columns - first), columns - first, rows), TaskColumns);
}
