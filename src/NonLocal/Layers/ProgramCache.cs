using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Layers;

/// <summary>
/// Inference programs of one layer for the shapes that turn up: compiled when first needed, the least recently used one dropped when
/// there are too many. All
/// work in one arena, as large as the largest needs, and share the variables and the copies made from them.
/// </summary>
/// <remarks>Not for several threads at a time: the programs share their memory.</remarks>
public sealed class ProgramCache
{
    private readonly Layer layer;
    private readonly int capacity;
    private readonly CompileOptions options;
    private readonly LinkedList<(Shape Shape, Program Program)> recent = [];

    /// <summary>An empty cache.</summary>
    /// <param name="layer">What runs.</param>
    /// <param name="capacity">The most programs kept.</param>
    /// <param name="options">Passes, threads, memory; without an arena the programs get one of their own to share.</param>
    public ProgramCache(Layer layer, int capacity = 8, CompileOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        this.layer = layer;
        this.capacity = capacity;
        options ??= new CompileOptions();
        this.options = options with { Arena = options.Arena ?? new MemoryBlock() };
    }

    /// <summary>How many programs are kept now.</summary>
    public int Count => recent.Count;

    /// <summary>The program for an input shape.</summary>
    /// <exception cref="ShapeException">The shape does not fit the layer.</exception>
    public Program For(Shape input)
    {
        LinkedListNode<(Shape Shape, Program Program)>? node = recent.First;
        while (node != null && node.Value.Shape != input)
        {
            node = node.Next;
        }

        if (node is null)
        {
            node = new((input, layer.CompileForInference(input, options)));
        }
        else
        {
            recent.Remove(node);
        }

        recent.AddFirst(node);
        if (recent.Count > capacity)
        {
            recent.RemoveLast();
        }

        return node.Value.Program;
    }

    /// <summary>Runs the layer.</summary>
    /// <returns>The result; valid until the next run of any program of the cache.</returns>
    /// <exception cref="ShapeException">The shape does not fit the layer.</exception>
    public Tensor Run(Tensor x) => For(x.Shape).Run(x)[0];
}
