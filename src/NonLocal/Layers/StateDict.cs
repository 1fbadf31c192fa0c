using NonLocal.Formats;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Layers;

/// <summary>Writes a module's variables to tensors with PyTorch's names and layout, and reads them back.</summary>
public static class StateDict
{
    /// <summary>All variables of a module, in PyTorch's order, names and layout.</summary>
    /// <param name="module">Variables that nobody has written yet get their first values.</param>
    /// <param name="metadata">Texts to go with them.</param>
    public static TensorFile Save(Module module, IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        module.EnsureInitialized();
        return new TensorFile(module.Variables().Select(Store), metadata);
    }

    /// <summary>Lays the tensors of a file over a module's variables.</summary>
    /// <param name="module">Keeps all its values when this throws.</param>
    /// <param name="file">From any reader; see <see cref="CheckpointReader"/>.</param>
    /// <param name="strict">
    /// Throw unless every key of both sides found its partner. Otherwise what fits is loaded, and the report tells the rest.
    /// </param>
    /// <param name="inflation">
    /// How kernels of pictures become kernels of clips where the module has such; null: they are mis-shaped.
    /// </param>
    /// <returns>What became of every key.</returns>
    /// <exception cref="WeightMismatchException">Strict, and something is missing, unexpected or mis-shaped.</exception>
    public static LoadReport Load(Module module, TensorFile file, bool strict = true, WeightInflation? inflation = null) =>
        Load([.. module.Variables()], file, strict, inflation);

    /// <summary>The same for variables that are not those of one module.</summary>
    internal static LoadReport Load(ModuleVariable[] wanted, TensorFile file, bool strict, WeightInflation? inflation = null)
    {
        (Dictionary<string, StoredTensor> named, List<string> unexpected) = Assign(file, wanted);
        List<(ModuleVariable Entry, StoredTensor Tensor)> fitting = [];
        List<string> missing = [];
        List<string> missingCounters = [];
        List<MisShapedKey> misShaped = [];
        foreach (ModuleVariable entry in wanted)
        {
            if (!named.TryGetValue(entry.Name, out StoredTensor? tensor))
            {
                (entry.Layout == WeightLayout.Counter ? missingCounters : missing).Add(entry.Name);
            }
            else if (Fits(entry, tensor) || (inflation is not null && WeightInflations.Fits(entry.PublishedShape, tensor)))
            {
                fitting.Add((entry, tensor));
            }
            else
            {
                string found = tensor.Shape.Count == 0 ? "scalar" : string.Join('x', tensor.Shape);
                misShaped.Add(new MisShapedKey(entry.Name, entry.PublishedShape, found));
            }
        }

        LoadReport report = new([.. fitting.Select(pair => pair.Entry.Name)], missing, unexpected, misShaped, missingCounters);
        if (strict && !report.IsComplete)
        {
            throw new WeightMismatchException(report);
        }

        foreach ((ModuleVariable entry, StoredTensor tensor) in fitting)
        {
            float[] published = Fits(entry, tensor)
                ? tensor.ToSingle() : inflation!.Value.Apply(tensor.ToSingle(), entry.PublishedShape);
            entry.Variable.Set(entry.Layout.ToEngine<float>(published, entry.Variable.Shape));
        }

        foreach (ModuleVariable counter in wanted.Where(entry => missingCounters.Contains(entry.Name)))
        {
            counter.Variable.Set([0]);
        }

        return report;
    }

    /// <summary>One variable with its published name and layout.</summary>
    internal static StoredTensor Store(ModuleVariable entry)
    {
        Variable variable = entry.Variable;
        long[] shape = [.. entry.PublishedShape.Select(length => (long)length)];
        return entry.Layout == WeightLayout.Counter
            ? StoredTensor.FromInt64(entry.Name, shape, [(long)variable.Value.Span[0]])
            : StoredTensor.FromSingle(entry.Name, shape, entry.Layout.ToPublished<float>(variable.Value.Span, variable.Shape));
    }

    // Every tensor of the file under the module's name for it; what has none is unexpected.
    private static (Dictionary<string, StoredTensor> Named, List<string> Unexpected) Assign(TensorFile file, ModuleVariable[] wanted)
    {
        HashSet<string> known = [.. wanted.Select(entry => entry.Name)];
        Dictionary<string, StoredTensor> named = [];
        List<StoredTensor> others = [];
        foreach (StoredTensor tensor in file)
        {
            if (known.Contains(tensor.Name))
            {
                named[tensor.Name] = tensor;
            }
            else
            {
                others.Add(tensor);
            }
        }

        List<string> unexpected = [];
        foreach (StoredTensor tensor in others)
        {
            string? alias = KeyAliases.Of(tensor.Name).FirstOrDefault(name => known.Contains(name) && !named.ContainsKey(name));
            if (alias is null)
            {
                unexpected.Add(tensor.Name);
            }
            else
            {
                named[alias] = tensor;
            }
        }

        return (named, unexpected);
    }

    // One number may have an axis of its own or none: counters as some tools write them, and gamma in its two published forms. A kernel
    // of one position may have any number of axes: the same 1×1 is published for signals, pictures and clips.
    private static bool Fits(ModuleVariable entry, StoredTensor tensor)
    {
        Shape expected = entry.PublishedShape;
        if (expected.Rank <= 1 && expected.Count == 1)
        {
            return tensor.Count == 1;
        }

        bool pointwise = entry.Layout == WeightLayout.Convolution && tensor.Shape.Count > 2
            && expected[2..].Count == 1 && tensor.Shape.Skip(2).All(length => length == 1);
        return pointwise
            ? tensor.Shape[0] == expected[0] && tensor.Shape[1] == expected[1]
            : tensor.Shape.SequenceEqual(expected.Select(length => (long)length));
    }
}
