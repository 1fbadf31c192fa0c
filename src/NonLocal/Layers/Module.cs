using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Layers;

/// <summary>
/// Something with parameters: a tree of named modules and named variables. Names are those of the published state dicts and are
/// written once, where a child or variable is registered.
/// </summary>
/// <remarks>
/// A module holds no data but its variables. Connecting values through it builds graph; a graph is built for one purpose, and
/// <see cref="Training"/> at that moment decides which.
/// </remarks>
public abstract class Module
{
    private readonly List<(string Name, Module Module)> children = [];
    private readonly List<ModuleVariable> variables = [];
    private Module? parent;
    private bool ready;

    /// <summary>The name under which it was first registered; empty for the root of a tree.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The dotted path from the root of the tree.</summary>
    public string Path => parent is null ? "" : Joined(parent.Path, Name);

    /// <summary>
    /// Whether graphs are built for training (batch statistics, dropout) or, the default, for inference. Belongs to this module alone; see
    /// <see cref="Train"/> and <see cref="Evaluate"/> for whole trees.
    /// </summary>
    public bool Training { get; set; }

    /// <summary>True for attention blocks: reports show their share apart.</summary>
    public virtual bool IsAttention => false;

    /// <summary>Whether this is an attention block or inside one.</summary>
    internal bool IsPartOfAttention => IsAttention || parent?.IsPartOfAttention == true;

    /// <summary>The variables of this module alone.</summary>
    internal IEnumerable<Variable> OwnVariables => variables.Select(entry => entry.Variable);

    /// <summary>The registered modules under their own names, in the order of registration.</summary>
    public IReadOnlyList<(string Name, Module Module)> Children => children;

    /// <summary>
    /// All variables with their full names, in PyTorch's order: a module's parameters, its state, then its children. What is shared appears
    /// under each of its names, as in a state dict.
    /// </summary>
    public IEnumerable<ModuleVariable> Variables()
    {
        foreach (VariableKind kind in (VariableKind[])[VariableKind.Parameter, VariableKind.State])
        {
            foreach (ModuleVariable own in variables.Where(own => own.Variable.Kind == kind))
            {
                yield return own;
            }
        }

        foreach ((string name, Module child) in children)
        {
            foreach (ModuleVariable below in child.Variables())
            {
                yield return below with { Name = Joined(name, below.Name) };
            }
        }
    }

    /// <summary>What is learned, each once, in the order of <see cref="Variables"/>.</summary>
    public IReadOnlyList<Variable> Parameters() =>
        [.. Variables().Select(entry => entry.Variable).Where(variable => variable.Kind == VariableKind.Parameter).Distinct()];

    /// <summary>This module and all below it, each once.</summary>
    public IEnumerable<Module> Tree() => Nodes().Distinct();

    /// <summary>Graphs built from now on are for training, in this whole tree.</summary>
    public void Train() => SetTraining(true);

    /// <summary>Graphs built from now on are for inference, in this whole tree.</summary>
    public void Evaluate() => SetTraining(false);

    /// <summary>
    /// Writes first values into all variables. The numbers of one depend on the seed and its name only, so that another layer does not
    /// change them.
    /// </summary>
    /// <remarks>Equal layers that share no root have equal names and so equal numbers: give them to one module, or two seeds.</remarks>
    /// <param name="seed">Any number.</param>
    public void Initialize(ulong seed)
    {
        foreach (ModuleVariable entry in Variables().DistinctBy(entry => entry.Variable))
        {
            Initialize(entry, seed);
        }
    }

    /// <summary>
    /// Gives first values (with seed 0) to the variables that nobody has written yet: neither <see cref="Initialize(ulong)"/> nor a load
    /// nor
    /// <see cref="Variable.Set"/>. Happens by itself when graph is built.
    /// </summary>
    public void EnsureInitialized()
    {
        if (parent != null)
        {
            parent.EnsureInitialized();
            return;
        }

        if (ready)
        {
            return;
        }

        foreach (ModuleVariable entry in Variables().Where(entry => entry.Variable.Version == 0))
        {
            Initialize(entry, 0);
        }

        ready = true;
    }

    /// <inheritdoc/>
    public override string ToString() => Path.Length == 0 ? GetType().Name : $"{Path} ({GetType().Name})";

    /// <summary>Adds a child under its published name.</summary>
    /// <exception cref="ArgumentException">The name is taken, or empty, or has a dot.</exception>
    protected T Register<T>(string name, T child)
        where T : Module
    {
        Check(name);
        children.Add((name, child));
        child.Adopt(this, name);
        ForgetReady();
        return child;
    }

    /// <summary>Adds something learned under its published name.</summary>
    /// <param name="name">Without dots, such as <c>weight</c>.</param>
    /// <param name="shape">The engine's shape.</param>
    /// <param name="initializer">Writes the first value.</param>
    /// <param name="layout">How it lies in published files.</param>
    /// <exception cref="ArgumentException">The name is taken, or empty, or has a dot.</exception>
    protected Variable Parameter(string name, Shape shape, Initializer initializer, WeightLayout layout = WeightLayout.Plain) =>
        Add(name, shape, initializer, layout, VariableKind.Parameter);

    /// <summary>Adds something that is kept but not learned, under its published name. See <see cref="Parameter"/>.</summary>
    /// <exception cref="ArgumentException">The name is taken, or empty, or has a dot.</exception>
    protected Variable State(string name, Shape shape, Initializer initializer, WeightLayout layout = WeightLayout.Plain) =>
        Add(name, shape, initializer, layout, VariableKind.State);

    /// <summary>
    /// To be called first when graph is built: values exist, and nodes carry this module's name until the scope is disposed.
    /// </summary>
    protected Graph.LayerScope Enter(Graph graph)
    {
        EnsureInitialized();
        return graph.Enter(Name);
    }

    private static string Joined(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static void Initialize(ModuleVariable entry, ulong seed)
    {
        RandomStream random = new(seed, RandomStream.PurposeOf(entry.Variable.Name));
        entry.Initializer(entry.Variable.Value.Span, entry.Variable.Shape, random);
        entry.Variable.MarkChanged();
    }

    private IEnumerable<Module> Nodes() => children.SelectMany(child => child.Module.Nodes()).Prepend(this);

    private void SetTraining(bool training)
    {
        foreach (Module module in Tree())
        {
            module.Training = training;
        }
    }

    private Variable Add(string name, Shape shape, Initializer initializer, WeightLayout layout, VariableKind kind)
    {
        Check(name);
        Variable variable = new(name, new Tensor(shape), kind);
        variables.Add(new ModuleVariable(name, variable, layout, initializer));
        ForgetReady();
        return variable;
    }

    // The first parent names a shared module: its variables carry the path through it.
    private void Adopt(Module by, string name)
    {
        if (parent != null)
        {
            return;
        }

        parent = by;
        Name = name;
        foreach (Variable variable in Variables().Select(entry => entry.Variable).Distinct())
        {
            variable.Name = Joined(name, variable.Name);
        }
    }

    private void ForgetReady()
    {
        Module root = this;
        while (root.parent != null)
        {
            root = root.parent;
        }

        root.ready = false;
    }

    private void Check(string name)
    {
        if (name.Length == 0 || name.Contains('.', StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{name}' cannot name a part of {this}: a name is not empty and has no dot.");
        }

        if (children.Any(child => child.Name == name) || variables.Any(variable => variable.Name == name))
        {
            throw new ArgumentException($"{this} has a part named '{name}' already.");
        }
    }
}
