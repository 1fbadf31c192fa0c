using System.Collections;

namespace NonLocal.Formats.PyTorch;

/// <summary>A list, tuple or set of a PyTorch checkpoint. For the values see <see cref="CheckpointDictionary"/>.</summary>
public sealed class CheckpointList : IReadOnlyList<object?>
{
    private readonly List<object?> items;

    internal CheckpointList(IEnumerable<object?> items, bool isTuple)
    {
        this.items = [.. items];
        IsTuple = isTuple;
    }

    /// <summary>How many items.</summary>
    public int Count => items.Count;

    /// <summary>Whether this was a tuple, which nothing is added to.</summary>
    internal bool IsTuple { get; }

    /// <summary>The item at a place.</summary>
    public object? this[int index] => items[index];

    /// <inheritdoc/>
    public IEnumerator<object?> GetEnumerator() => items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(object? item) => items.Add(item);
}
