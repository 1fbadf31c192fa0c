namespace NonLocal.Tensors.Graphs;

/// <summary>What a <see cref="Variable"/> is for.</summary>
public enum VariableKind
{
    /// <summary>Learned: gradients are taken for it.</summary>
    Parameter,

    /// <summary>Kept from run to run but not learned: running statistics, optimiser slots, counters.</summary>
    State,
}

/// <summary>A named tensor that outlives programs: a parameter, or state that programs read and write.</summary>
/// <remarks>
/// A parameter is never a constant to the compiler. What is made from it (a folded batch norm, a packed weight) lies in
/// <see cref="Derived"/> beside it and is made again when <see cref="Version"/> has moved.
/// </remarks>
public sealed class Variable
{
    private static long created;

    /// <summary>A variable with the given first value.</summary>
    /// <param name="name">For messages and reports.</param>
    /// <param name="value">The first value; the variable keeps this tensor and writes into it.</param>
    /// <param name="kind">Learned or only kept.</param>
    public Variable(string name, Tensor value, VariableKind kind = VariableKind.Parameter)
    {
        Name = name;
        Value = value;
        Kind = kind;
    }

    /// <summary>For messages and reports.</summary>
    public string Name { get; set; }

    /// <summary>The current value. Call <see cref="MarkChanged"/> after writing into it.</summary>
    public Tensor Value { get; }

    /// <summary>Learned or only kept.</summary>
    public VariableKind Kind { get; }

    /// <summary>The shape of the value.</summary>
    public Shape Shape => Value.Shape;

    /// <summary>Goes up with every change of the value.</summary>
    public long Version { get; private set; }

    /// <summary>Different for every variable of the process.</summary>
    internal long Id { get; } = Interlocked.Increment(ref created);

    /// <summary>Copies made from this variable (and perhaps others), keyed by their form; shared by all programs.</summary>
    internal Dictionary<string, DerivedCopy> Derived { get; } = [];

    /// <summary>Says that the value has been written, so that derived copies are made again.</summary>
    public void MarkChanged() => Version++;

    /// <summary>Copies new content into the value and marks the change.</summary>
    /// <exception cref="ArgumentException">Another number of elements.</exception>
    public void Set(ReadOnlySpan<float> content)
    {
        if (content.Length != Value.Length)
        {
            throw new ArgumentException($"{Name} has shape {Shape} ({Value.Length} elements), but {content.Length} elements were given.");
        }

        content.CopyTo(Value.Span);
        MarkChanged();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Shape}";
}
