using System.Runtime.CompilerServices;

namespace NonLocal.Formats.PyTorch;

/// <summary>Compares the keys of a checkpoint's dictionaries: texts and numbers by value, everything else by identity.</summary>
/// <remarks>
/// Numbers are hashed with a secret of the process, as the system does it for texts: with the system's own hash of numbers a
/// hostile file could give thousands of keys one hash and make reading quadratic.
/// </remarks>
internal sealed class KeyComparer : IEqualityComparer<object>
{
    /// <summary>The only one.</summary>
    public static KeyComparer Instance { get; } = new();

    public new bool Equals(object? first, object? second) => object.Equals(first, second);

    public int GetHashCode(object key) => key switch
    {
        string text => text.GetHashCode(),
        long number => Hash(number),
        double number => number == 0 ? 0 : double.IsNaN(number) ? 1 : Hash(BitConverter.DoubleToInt64Bits(number)),
        bool truth => truth ? 1 : 0,
        _ => RuntimeHelpers.GetHashCode(key),
    };

    private static int Hash(long number) => HashCode.Combine((int)number, (int)(number >> 32));
}
