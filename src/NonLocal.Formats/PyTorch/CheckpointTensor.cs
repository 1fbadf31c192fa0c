namespace NonLocal.Formats.PyTorch;

/// <summary>A tensor of a PyTorch checkpoint: where its numbers are. They are read when they are asked for.</summary>
public sealed class CheckpointTensor
{
    private readonly StorageBlock block;
    private readonly long offset;
    private readonly long[] shape;
    private readonly long[] strides;
    private ReadOnlyMemory<byte>? data;

    internal CheckpointTensor(StorageBlock block, StoredType type, long offset, long[] shape, long[] strides)
    {
        this.block = block;
        this.offset = offset;
        this.shape = shape;
        this.strides = strides;
        Type = type;
        Shape = Array.AsReadOnly(shape);
    }

    /// <summary>The type of the elements.</summary>
    public StoredType Type { get; }

    /// <summary>Sizes, slowest axis first; empty for a single number.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Reads the numbers and puts them in row-major order. Tensors that share a storage share memory where they can.</summary>
    /// <param name="name">The name that the result carries.</param>
    /// <exception cref="FileFormatException">The storage is damaged, or the tensor repeats its numbers beyond the memory limit.</exception>
    /// <exception cref="ObjectDisposedException">The checkpoint was closed.</exception>
    public StoredTensor Load(string name)
    {
        data ??= TensorGeometry.Gather(block, Type, offset, shape, strides, name);
        return new StoredTensor(name, Type, shape, data.Value);
    }
}
