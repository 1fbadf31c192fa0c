using System.Collections;
using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;

namespace NonLocal.Formats;

/// <summary>The tensors of a weight file in the file's order, found by name, and the texts that came with them.</summary>
public sealed class TensorFile : IReadOnlyList<StoredTensor>
{
    private readonly List<StoredTensor> tensors = [];
    private readonly Dictionary<string, StoredTensor> byName = new(StringComparer.Ordinal);

    /// <summary>A collection of tensors.</summary>
    /// <param name="tensors">In the order they are to be kept and written.</param>
    /// <param name="metadata">Texts by name, or null for none.</param>
    /// <exception cref="ArgumentException">Two tensors have one name.</exception>
    public TensorFile(IEnumerable<StoredTensor> tensors, IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        foreach (StoredTensor tensor in tensors)
        {
            if (!byName.TryAdd(tensor.Name, tensor))
            {
                throw new ArgumentException($"two tensors are named \"{tensor.Name}\"", nameof(tensors));
            }

            this.tensors.Add(tensor);
        }

        Metadata = new ReadOnlyDictionary<string, string>(
            new OrderedDictionary<string, string>(metadata ?? [], StringComparer.Ordinal));
    }

    /// <summary>How many tensors.</summary>
    public int Count => tensors.Count;

    /// <summary>Texts by name, in the file's order. From a stranger: show them, never trust them.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensor at a place in the file's order.</summary>
    public StoredTensor this[int index] => tensors[index];

    /// <summary>The tensor of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public StoredTensor this[string name] =>
        byName.TryGetValue(name, out StoredTensor? tensor) ? tensor : throw new KeyNotFoundException($"there is no tensor \"{name}\"");

    /// <summary>Whether there is a tensor of a name.</summary>
    public bool Contains(string name) => byName.ContainsKey(name);

    /// <summary>Finds the tensor of a name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out StoredTensor? tensor) => byName.TryGetValue(name, out tensor);

    /// <inheritdoc/>
    public IEnumerator<StoredTensor> GetEnumerator() => tensors.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
