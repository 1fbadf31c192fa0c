namespace NonLocal.Tensors.Graphs;

/// <summary>
/// Work described by connecting values: nodes in an order in which each reads only what earlier ones made. Shapes are checked
/// as the graph grows; nothing is computed before a program is made from it.
/// </summary>
public sealed class Graph
{
    private readonly List<Node> nodes = [];
    private readonly List<Value> inputs = [];
    private readonly List<string> inputNames = [];
    private readonly Dictionary<Variable, Value> current = [];
    private readonly Dictionary<Variable, Value> assigned = [];
    private readonly Dictionary<double, Value> numbers = [];

    /// <summary>All nodes, inputs before users.</summary>
    public IReadOnlyList<Node> Nodes => nodes;

    /// <summary>What a program is fed with, in the order of creation.</summary>
    public IReadOnlyList<Value> Inputs => inputs;

    /// <summary>Names of the inputs.</summary>
    public IReadOnlyList<string> InputNames => inputNames;

    /// <summary>For every variable that the graph writes: the value it has at the end.</summary>
    public IReadOnlyDictionary<Variable, Value> Assignments => assigned;

    /// <summary>Dotted path of the layer being built; new nodes carry it.</summary>
    public string Layer { get; private set; } = "";

    /// <summary>Names the layer that the following nodes belong to, until the returned scope is disposed.</summary>
    public LayerScope Enter(string name)
    {
        LayerScope scope = new(this, Layer);
        Layer = Layer.Length == 0 ? name : name.Length == 0 ? Layer : $"{Layer}.{name}";
        return scope;
    }

    /// <summary>Names the layer of the following nodes by its whole path, until the returned scope is disposed.</summary>
    internal LayerScope EnterExactly(string path)
    {
        LayerScope scope = new(this, Layer);
        Layer = path;
        return scope;
    }

    /// <summary>Something to be fed at every run.</summary>
    public Value Input(string name, Shape shape)
    {
        Value value = Apply(new GraphInput(shape));
        inputs.Add(value);
        inputNames.Add(name);
        return value;
    }

    /// <summary>Data that never changes.</summary>
    public Value Constant(Tensor tensor) => Apply(new Constant(tensor));

    /// <summary>One number.</summary>
    public Value Constant(double number)
    {
        if (!numbers.TryGetValue(number, out Value? value))
        {
            numbers[number] = value = Apply(new Number(number));
        }

        return value;
    }

    /// <summary>The value of a variable: what it holds before the run, or what the graph assigned to it last.</summary>
    public Value Read(Variable variable)
    {
        if (!current.TryGetValue(variable, out Value? value))
        {
            current[variable] = value = Apply(new ReadVariable(variable));
        }

        return value;
    }

    /// <summary>Gives a variable a new value: later reads in this graph see it, and the variable holds it after the run.</summary>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    public void Assign(Variable variable, Value value)
    {
        if (value.Shape != variable.Shape)
        {
            throw new ShapeException(
                Layer, "assignment", $"{variable.Name} has shape {variable.Shape}, but the new value has {value.Shape}.");
        }

        Own(value);
        current[variable] = assigned[variable] = value;
    }

    /// <summary>Adds an operation with one output.</summary>
    /// <exception cref="ShapeException">The inputs do not fit.</exception>
    public Value Apply(Operation operation, params ReadOnlySpan<Value> operands) => Add(operation, operands).Outputs[0];

    /// <summary>Adds an operation.</summary>
    /// <exception cref="ShapeException">The inputs do not fit.</exception>
    public Node Add(Operation operation, params ReadOnlySpan<Value> operands) => Add(operation, Layer, operands);

    internal Node Add(Operation operation, string layer, ReadOnlySpan<Value> operands)
    {
        Shape[] shapes = new Shape[operands.Length];
        for (int i = 0; i < shapes.Length; i++)
        {
            Own(operands[i]);
            shapes[i] = operands[i].Shape;
        }

        Shape[] outputs;
        try
        {
            outputs = operation.InferShapes(shapes);
        }
        catch (ShapeException error)
        {
            throw new ShapeException(layer, operation.Name, error.Message);
        }

        Node node = new(this, nodes.Count, layer, operation, operands.ToArray(), outputs);
        nodes.Add(node);
        return node;
    }

    private void Own(Value value)
    {
        if (!ReferenceEquals(value.Graph, this))
        {
            throw new ArgumentException($"{value} belongs to another graph.");
        }
    }

    /// <summary>Restores the layer name when disposed.</summary>
    public readonly struct LayerScope(Graph graph, string before) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => graph.Layer = before;
    }
}
