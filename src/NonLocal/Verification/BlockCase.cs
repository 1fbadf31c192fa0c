using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification;

/// <summary>One forward pass to be checked: what the file gives, and the graph that a block's entry in the table builds from it.</summary>
internal sealed class BlockCase
{
    private readonly IReadOnlyDictionary<string, CaseTensor> file;
    private readonly IReadOnlyDictionary<string, CaseTensor> parameters;
    private readonly List<Produced> inputs = [];
    private readonly List<Produced> outputs = [];
    private readonly List<Produced> attentions = [];
    private readonly List<StateEntry> states = [];
    private readonly HashSet<string> unmatched;
    private readonly Value? read;

    /// <summary>A case over the tensors of a file.</summary>
    /// <param name="file">All tensors by name.</param>
    /// <param name="parameters">State dictionary before the pass: the names without <c>param.</c>.</param>
    /// <param name="config">The block's configuration.</param>
    /// <param name="training">Batch statistics and dropout as in training.</param>
    public BlockCase(
        IReadOnlyDictionary<string, CaseTensor> file,
        IReadOnlyDictionary<string, CaseTensor> parameters,
        CaseConfig config,
        bool training)
    {
        this.file = file;
        this.parameters = parameters;
        Config = config;
        Training = training;
        unmatched = [.. parameters.Keys];
    }

    private BlockCase(BlockCase whole, string prefix, CaseConfig config, Value read)
        : this(whole.file, CaseTensor.Under(prefix, whole.parameters), config, whole.Training)
    {
        Graph = whole.Graph;
        this.read = read;
    }

    /// <summary>Where the block is built.</summary>
    public Graph Graph { get; } = new();

    /// <summary>The block's configuration.</summary>
    public CaseConfig Config { get; }

    /// <summary>Batch statistics and dropout as in training.</summary>
    public bool Training { get; }

    /// <summary>The inputs that were made.</summary>
    public IReadOnlyList<Produced> Inputs => inputs;

    /// <summary>What the block says it computes.</summary>
    public IReadOnlyList<Produced> Outputs => outputs;

    /// <summary>Its normalised affinities.</summary>
    public IReadOnlyList<Produced> Attentions => attentions;

    /// <summary>Its parameters and buffers.</summary>
    public IReadOnlyList<StateEntry> States => states;

    /// <summary>Content for every input, in our order of axes.</summary>
    public Dictionary<Value, double[]> Fed { get; } = [];

    /// <summary>True when the file has a tensor of that name.</summary>
    public bool Has(string name) => file.ContainsKey(name);

    /// <summary>A tensor of the file.</summary>
    /// <exception cref="UnsupportedBlockException">There is none.</exception>
    public CaseTensor Given(string name) =>
        file.TryGetValue(name, out CaseTensor? tensor) ? tensor : throw new UnsupportedBlockException($"the file has no tensor '{name}'.");

    /// <summary>How many parameters and buffers the file has.</summary>
    public int ParameterCount => parameters.Count;

    /// <summary>A number of channels that the config states. See <see cref="ExpectChannels"/>.</summary>
    public int Channels(string key) => ExpectChannels(key, Config.Whole(key));

    /// <summary>Refuses a number of channels that no tensor of the file has: memory would be taken for what a file only claims.</summary>
    /// <exception cref="BlockMismatchException">None is as long.</exception>
    public int ExpectChannels(string key, int channels)
    {
        int longest = file.Values.Concat(parameters.Values).SelectMany(tensor => tensor.Shape).DefaultIfEmpty(0).Max();
        return channels >= 1 && channels <= longest
            ? channels
            : throw new BlockMismatchException(
                $"config key '{key}' is {channels}, but the longest axis of the file's tensors is {longest}.");
    }

    /// <summary>The shape that a parameter has in the file; null when it has none of that name.</summary>
    public Shape? ParameterShape(string key) => parameters.TryGetValue(key, out CaseTensor? tensor) ? tensor.Shape : null;

    /// <summary>Builds a block of the table as a part of this one.</summary>
    /// <param name="build">The block's entry in the table.</param>
    /// <param name="prefix">What stands before the names of its parameters, with the dot.</param>
    /// <param name="config">The part's own configuration.</param>
    /// <param name="x">The feature map that it reads.</param>
    /// <returns>Its output.</returns>
    public Value Part(Action<BlockCase> build, string prefix, CaseConfig config, Value x)
    {
        BlockCase part = new(this, prefix, config, x);
        build(part);
        part.ExpectEverythingUsed();
        foreach (StateEntry state in part.States)
        {
            states.Add(state with { Key = prefix + state.Key });
            unmatched.Remove(prefix + state.Key);
        }

        return part.Outputs[0].Value;
    }

    /// <summary>A feature map: (N, C, spatial…) in the file, [n, spatial…, c] in the graph.</summary>
    public Value Map(string name = "input") =>
        name == "input" && read is not null ? read : Input(name, BorderLayout.FeatureMap(Given(name).Shape.Rank));

    /// <summary>An input with its axes as they are in the file.</summary>
    public Value Plain(string name = "input") => Input(name, BorderLayout.Plain);

    /// <summary>Data that no gradient is taken for, with its axes as in the file.</summary>
    public Value Data(string name) => Graph.Constant(Tensor.From(Given(name).Shape, Single(Given(name).Content)));

    /// <summary>Says that a feature map is an output.</summary>
    public void OutputMap(Value value, string name = "output") =>
        outputs.Add(new Produced(name, value, BorderLayout.FeatureMap(value.Shape.Rank)));

    /// <summary>Says that a value is an output, with its axes as in the file.</summary>
    public void OutputPlain(Value value, string name = "output") => outputs.Add(new Produced(name, value, BorderLayout.Plain));

    /// <summary>Says what the normalised affinity [n, queries, keys] is. It is large, so it is built only when the file has it.</summary>
    public void AttentionIfAsked(Func<Value> build) => AttentionsIfAsked(() => [build()]);

    /// <summary>The same for several, called attention, attention.1, …</summary>
    public void AttentionsIfAsked(Func<IReadOnlyList<Value>> build)
    {
        if (Has("attention"))
        {
            attentions.AddRange(build().Select((map, i) => new Produced(i == 0 ? "attention" : $"attention.{i}", map, BorderLayout.Plain)));
        }
    }

    /// <summary>A parameter or buffer of the block under its state-dictionary key, filled from the file.</summary>
    /// <exception cref="BlockMismatchException">The file has none, or of another size.</exception>
    public void Take(string key, Variable variable, BorderLayout layout)
    {
        if (!parameters.TryGetValue(key, out CaseTensor? tensor))
        {
            throw new BlockMismatchException($"the file has no 'param.{key}', which the block needs.");
        }

        // Axes of length 1 come and go between frameworks; their number of elements and the order of the others count.
        if (tensor.Shape.Count != variable.Shape.Count)
        {
            throw Mismatch(key, tensor.Shape, layout.ToFile(variable.Shape));
        }

        Shape fileShape = layout.FromOurs is null ? tensor.Shape : layout.ToFile(variable.Shape);
        if (layout.FromOurs is not null && !Squeezed(fileShape).SequenceEqual(Squeezed(tensor.Shape)))
        {
            throw Mismatch(key, tensor.Shape, fileShape);
        }

        variable.Set(Single(layout.ToOurs(tensor.Content, fileShape)));
        states.Add(new StateEntry(key, variable, layout));
        unmatched.Remove(key);
    }

    /// <summary>A module of this library as the block, or as its part under a name: fills it from the file and sets its mode.</summary>
    /// <exception cref="BlockMismatchException">The file lacks a parameter or has one of another size.</exception>
    public T Use<T>(T module, string prefix = "")
        where T : Module
    {
        foreach (ModuleVariable entry in module.Variables())
        {
            Take(prefix + entry.Name, entry.Variable, BorderLayout.Of(entry.Layout, entry.Variable.Shape.Rank));
        }

        if (Training)
        {
            module.Train();
        }

        return module;
    }

    /// <summary>A parameter or buffer that the block's entry uses directly.</summary>
    /// <param name="key">Its state-dictionary key.</param>
    /// <param name="shape">Ours.</param>
    /// <param name="layout">How the file's tensor lies in ours.</param>
    /// <exception cref="BlockMismatchException">The file has none, or of another size.</exception>
    public Value Parameter(string key, Shape shape, BorderLayout layout = default)
    {
        // Before memory is taken for a size that a config claims.
        if (ParameterShape(key) is { } inFile && inFile.Count != shape.Count)
        {
            throw Mismatch(key, inFile, layout.ToFile(shape));
        }

        Variable variable = new(key, new Tensor(shape));
        Take(key, variable, layout);
        return Graph.Read(variable);
    }

    /// <summary>
    /// Throws unless every parameter of the file found its place, every key of the config was read, and the outputs are as large as the
    /// file's.
    /// </summary>
    public void ExpectEverythingUsed()
    {
        Config.ExpectAllRead();
        foreach (Produced output in outputs)
        {
            Shape shape = output.Layout.ToFile(output.Value.Shape);
            if (file.TryGetValue(output.Name, out CaseTensor? expected) && expected.Shape.Count != shape.Count)
            {
                throw new BlockMismatchException($"'{output.Name}' has shape {expected.Shape}, the block makes {shape}.");
            }
        }

        if (unmatched.Count > 0)
        {
            throw new BlockMismatchException($"the block has no parameter {string.Join(", ", unmatched.Select(key => $"'{key}'"))}.");
        }
    }

    /// <summary>The elements as floats.</summary>
    internal static float[] Single(double[] content) => Array.ConvertAll(content, number => (float)number);

    private static BlockMismatchException Mismatch(string key, Shape file, Shape expected) =>
        new($"'param.{key}' has shape {file}, the block expects {expected}.");

    private static IEnumerable<int> Squeezed(Shape shape) => shape.Where(length => length != 1);

    private Value Input(string name, BorderLayout layout)
    {
        CaseTensor tensor = Given(name);
        Value value = Graph.Input(name, layout.ToOurs(tensor.Shape));
        Fed[value] = layout.ToOurs(tensor.Content, tensor.Shape);
        inputs.Add(new Produced(name, value, layout));
        return value;
    }
}

/// <summary>A value of the graph under its name in the file.</summary>
internal readonly record struct Produced(string Name, Value Value, BorderLayout Layout);

/// <summary>A parameter or buffer under its state-dictionary key.</summary>
internal readonly record struct StateEntry(string Key, Variable Variable, BorderLayout Layout);
