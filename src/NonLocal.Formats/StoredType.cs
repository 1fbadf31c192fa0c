namespace NonLocal.Formats;

/// <summary>The number types that weight files hold. All little-endian.</summary>
public enum StoredType
{
    /// <summary>64-bit floating point.</summary>
    F64,

    /// <summary>32-bit floating point.</summary>
    F32,

    /// <summary>16-bit floating point with 5 exponent bits (IEEE 754 binary16).</summary>
    F16,

    /// <summary>16-bit floating point with 8 exponent bits: the upper half of an F32.</summary>
    BF16,

    /// <summary>64-bit signed integer.</summary>
    I64,

    /// <summary>32-bit signed integer.</summary>
    I32,

    /// <summary>16-bit signed integer.</summary>
    I16,

    /// <summary>8-bit signed integer.</summary>
    I8,

    /// <summary>64-bit unsigned integer.</summary>
    U64,

    /// <summary>32-bit unsigned integer.</summary>
    U32,

    /// <summary>16-bit unsigned integer.</summary>
    U16,

    /// <summary>8-bit unsigned integer.</summary>
    U8,

    /// <summary>One byte: 0 is false, everything else true.</summary>
    Bool,
}

/// <summary>What is known of each <see cref="StoredType"/>.</summary>
public static class StoredTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this StoredType type) => type switch
    {
        StoredType.F64 or StoredType.I64 or StoredType.U64 => 8,
        StoredType.F32 or StoredType.I32 or StoredType.U32 => 4,
        StoredType.F16 or StoredType.BF16 or StoredType.I16 or StoredType.U16 => 2,
        StoredType.I8 or StoredType.U8 or StoredType.Bool => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>The type's name in a safetensors header.</summary>
    internal static string SafetensorsName(this StoredType type) => type == StoredType.Bool ? "BOOL" : type.ToString();

    /// <summary>The type of a name in a safetensors header.</summary>
    internal static bool TryParseSafetensors(string name, out StoredType type)
    {
        foreach (StoredType candidate in Enum.GetValues<StoredType>())
        {
            if (candidate.SafetensorsName() == name)
            {
                type = candidate;
                return true;
            }
        }

        type = default;
        return false;
    }
}
