namespace NonLocal.Tensors.Runtime;

/// <summary>One kernel call of a program, everything bound but the addresses. Must not allocate.</summary>
public delegate void Step();

/// <summary>Makes another form of a weight: reads <paramref name="source"/>, writes <paramref name="packed"/>.</summary>
public unsafe delegate void Pack(float* source, float* packed);

/// <summary>What a kernel is given when it is put into a program: operands, threads, and the means to ask for more memory.</summary>
public abstract class Binding
{
    private protected Binding(Operand[] inputs, Operand[] outputs, WorkerPool pool)
    {
        Inputs = inputs;
        Outputs = outputs;
        Pool = pool;
    }

    /// <summary>What the kernel reads.</summary>
    public IReadOnlyList<Operand> Inputs { get; }

    /// <summary>What the kernel writes.</summary>
    public IReadOnlyList<Operand> Outputs { get; }

    /// <summary>The threads that the program runs on.</summary>
    public WorkerPool Pool { get; }

    /// <summary>Memory that is this step's own while it runs; part of the plan, so that the arena's size stays exact.</summary>
    /// <param name="floats">How many floats; 0 is allowed.</param>
    public abstract Operand Scratch(long floats);

    /// <summary>
    /// Another form of an input that depends on variables only (a weight), made again when a variable changes and shared by all
    /// programs; null when the input is computed from what is fed, so that the kernel must do the work itself. A kernel that got one must
    /// not read the input as well.
    /// </summary>
    /// <param name="input">Which input.</param>
    /// <param name="form">Names the form completely: kind, sizes, vector width.</param>
    /// <param name="floats">Size of the form.</param>
    /// <param name="pack">Makes it.</param>
    public abstract Operand? Packed(int input, string form, long floats, Pack pack);
}
