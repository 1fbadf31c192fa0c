using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Tests.Kernels;

/// <summary>A product with random content, forms and epilogue; output and scratch memory are watched.</summary>
internal sealed unsafe class ProductCase : IDisposable
{
    private readonly ProductSizes sizes;
    private readonly bool transposeLeft;
    private readonly bool transposeRight;
    private readonly bool shareRight;
    private readonly bool pack;
    private readonly bool relu;
    private readonly bool accumulate;
    private readonly GuardedTable right;
    private readonly GuardedTable? bias;
    private readonly GuardedTable? residual;

    public ProductCase(ProductSizes sizes, Random random, bool relu = false)
    {
        this.sizes = sizes;
        this.relu = relu;
        transposeLeft = random.Next(2) == 0;
        transposeRight = random.Next(2) == 0;
        shareRight = random.Next(2) == 0;
        pack = shareRight && random.Next(2) == 0;
        accumulate = random.Next(3) == 0;
        (int m, int n, int k) = (sizes.Rows, sizes.Columns, sizes.Inner);
        Left = transposeLeft ? Table(random, sizes.Batch, k, m) : Table(random, sizes.Batch, m, k);
        int rights = shareRight ? 1 : sizes.Batch;
        right = transposeRight ? Table(random, rights, n, k) : Table(random, rights, k, n);
        bias = random.Next(2) == 0 ? Table(random, 1, 1, n) : null;
        residual = random.Next(2) == 0 ? Table(random, sizes.Batch, m, n) : null;
        Output = accumulate ? Table(random, sizes.Batch, m, n) : new GuardedTable(sizes.Batch, m, n, random.Next(4));
    }

    public GuardedTable Left { get; }

    public GuardedTable Output { get; }

    public double[,,] Expected()
    {
        double[,,] result = Output.ToDoubles();
        (double[,,] a, double[,,] b) = (Left.ToDoubles(), right.ToDoubles());
        Output.ForEach((batch, i, j) =>
        {
            double sum = accumulate ? result[batch, i, j] : 0;
            int rightBatch = shareRight ? 0 : batch;
            for (int p = 0; p < sizes.Inner; p++)
            {
                sum += (transposeLeft ? a[batch, p, i] : a[batch, i, p]) * (transposeRight ? b[rightBatch, j, p] : b[rightBatch, p, j]);
            }

            sum += (bias is null ? 0 : bias[0, 0, j]) + (residual is null ? 0 : residual[batch, i, j]);
            result[batch, i, j] = relu ? Math.Max(sum, 0) : sum;
        });
        return result;
    }

    public void Run(WorkerPool pool)
    {
        ProductEpilogue epilogue = new() { Relu = relu, Accumulate = accumulate };
        if (bias != null)
        {
            epilogue.Bias = bias.View.Data;
        }

        if (residual != null)
        {
            epilogue.Residual = View(residual, false);
        }

        Matrix b = View(right, transposeRight);
        b = shareRight ? new Matrix(b.Data, b.RowStride, b.ColumnStride) : b;
        using GuardedScratch packed = new(MatrixProduct.PackedFloats(sizes.Inner, sizes.Columns));
        if (pack)
        {
            MatrixProduct.PackRight(pool, b, sizes.Inner, sizes.Columns, packed.Address);
            packed.AssertGuardUntouched();
        }

        using GuardedScratch scratch = new(MatrixProduct.ScratchFloats(sizes, pool.Threads));
        MatrixProduct.Multiply(
            pool, sizes, View(Left, transposeLeft), pack ? default : b,
            pack ? packed.Address : null, View(Output, false), epilogue, scratch.Address);
        scratch.AssertGuardUntouched();
    }

    public override string ToString() =>
        $"{sizes}, transposed {transposeLeft} {transposeRight}, shared {shareRight}, packed {pack}, bias {bias != null}, "
        + $"residual {residual != null}, relu {relu}, accumulate {accumulate}";

    public void Dispose()
    {
        Left.Dispose();
        right.Dispose();
        bias?.Dispose();
        residual?.Dispose();
        Output.Dispose();
    }

    private static GuardedTable Table(Random random, int batch, int rows, int columns) =>
        GuardedTable.Random(random, batch, rows, columns, random.Next(4));

    private static Matrix View(GuardedTable table, bool transposed)
    {
        Matrix matrix = new(table.View.Data, table.View.RowStride, 1, table.View.BatchStride);
        return transposed ? matrix.Transposed : matrix;
    }
}
