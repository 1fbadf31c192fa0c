using NonLocal.Formats;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Benchmarks.SideBySide;

/// <summary>Writes a row's weights and numbers in PyTorch's layout, so that the others compute the same and can compare.</summary>
internal sealed class PublishedFiles(string folder)
{
    private readonly List<StoredTensor> tensors = [];

    /// <summary>A module's state dict, as <c>weights.safetensors</c>.</summary>
    public void WriteWeights(Module module) => Safetensors.Write(Path.Combine(folder, "weights.safetensors"), StateDict.Save(module));

    /// <summary>A feature map [batch, spatial…, channels], kept as (batch, channels, spatial…).</summary>
    public void AddMap(string name, Tensor map)
    {
        Shape sample = map.Shape[1..];
        int count = map.Length / map.Shape[0];
        float[] content = new float[map.Length];
        for (int i = 0; i < map.Shape[0]; i++)
        {
            WeightLayout.Map.ToPublished<float>(map.Span.Slice(i * count, count), sample).CopyTo(content, i * count);
        }

        Add(name, [map.Shape[0], .. WeightLayout.Map.ToPublished(sample)], content);
    }

    /// <summary>Numbers whose axes stand in the same order for everybody.</summary>
    public void AddPlain(string name, Tensor tensor) => Add(name, tensor.Shape, tensor.Span);

    /// <summary>The gradient of a parameter, in that parameter's layout, as <c>PREFIX.name</c>.</summary>
    public void AddGradient(ModuleVariable parameter, Tensor gradient, string prefix) =>
        Add(
            $"{prefix}.{parameter.Name}",
            parameter.PublishedShape,
            parameter.Layout.ToPublished<float>(gradient.Span, parameter.Variable.Shape));

    /// <summary>What was added, as <c>numbers.safetensors</c>.</summary>
    public void WriteNumbers() => Safetensors.Write(Path.Combine(folder, "numbers.safetensors"), new TensorFile(tensors));

    private void Add(string name, Shape shape, ReadOnlySpan<float> content) =>
        tensors.Add(StoredTensor.FromSingle(name, [.. shape.Select(length => (long)length)], content));
}
