using System.Runtime.InteropServices;

namespace NonLocal.Formats;

/// <summary>Widens the bytes of a tensor to the types that programs work with.</summary>
internal static class StoredValues
{
    /// <summary>See <see cref="StoredTensor.ToSingle"/>.</summary>
    public static float[] ToSingle(StoredType type, ReadOnlySpan<byte> data) => type switch
    {
        StoredType.F64 => Map(As<double>(data), static value => (float)value),
        StoredType.F32 => As<float>(data).ToArray(),
        StoredType.F16 => Map(As<ushort>(data), HalfToSingle),
        StoredType.BF16 => Map(As<ushort>(data), BrainToSingle),
        StoredType.I64 => Map(As<long>(data), static value => (float)value),
        StoredType.I32 => Map(As<int>(data), static value => (float)value),
        StoredType.I16 => Map(As<short>(data), static value => (float)value),
        StoredType.I8 => Map(As<sbyte>(data), static value => (float)value),
        StoredType.U64 => Map(As<ulong>(data), static value => (float)value),
        StoredType.U32 => Map(As<uint>(data), static value => (float)value),
        StoredType.U16 => Map(As<ushort>(data), static value => (float)value),
        StoredType.U8 => Map(data, static value => (float)value),
        StoredType.Bool => Map(data, static value => value == 0 ? 0f : 1f),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>See <see cref="StoredTensor.ToDouble"/>.</summary>
    public static double[] ToDouble(StoredType type, ReadOnlySpan<byte> data) => type switch
    {
        StoredType.F64 => As<double>(data).ToArray(),
        StoredType.F32 => Map(As<float>(data), static value => (double)value),
        StoredType.F16 => Map(As<ushort>(data), static value => (double)HalfToSingle(value)),
        StoredType.BF16 => Map(As<ushort>(data), static value => (double)BrainToSingle(value)),
        StoredType.I64 => Map(As<long>(data), static value => (double)value),
        StoredType.I32 => Map(As<int>(data), static value => (double)value),
        StoredType.I16 => Map(As<short>(data), static value => (double)value),
        StoredType.I8 => Map(As<sbyte>(data), static value => (double)value),
        StoredType.U64 => Map(As<ulong>(data), static value => (double)value),
        StoredType.U32 => Map(As<uint>(data), static value => (double)value),
        StoredType.U16 => Map(As<ushort>(data), static value => (double)value),
        StoredType.U8 => Map(data, static value => (double)value),
        StoredType.Bool => Map(data, static value => value == 0 ? 0.0 : 1.0),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>See <see cref="StoredTensor.ToInt64"/>.</summary>
    public static long[] ToInt64(StoredType type, ReadOnlySpan<byte> data) => type switch
    {
        StoredType.I64 => As<long>(data).ToArray(),
        StoredType.I32 => Map(As<int>(data), static value => (long)value),
        StoredType.I16 => Map(As<short>(data), static value => (long)value),
        StoredType.I8 => Map(As<sbyte>(data), static value => (long)value),
        StoredType.U64 => Map(As<ulong>(data), static value => value <= long.MaxValue
            ? (long)value
            : throw new InvalidOperationException("a U64 value is larger than a signed 64-bit integer")),
        StoredType.U32 => Map(As<uint>(data), static value => (long)value),
        StoredType.U16 => Map(As<ushort>(data), static value => (long)value),
        StoredType.U8 => Map(data, static value => (long)value),
        StoredType.Bool => Map(data, static value => value == 0 ? 0L : 1L),
        _ => throw new InvalidOperationException($"a tensor of {type} does not hold integers"),
    };

    // By bits: a conversion instruction would make a signalling not-a-number quiet.
    private static float HalfToSingle(ushort bits)
    {
        uint sign = (uint)(bits & 0x8000) << 16;
        uint exponent = (uint)(bits >> 10) & 0x1F;
        uint fraction = (uint)bits & 0x3FF;
        return exponent switch
        {
            0x1F => BitConverter.UInt32BitsToSingle(sign | 0x7F800000 | (fraction << 13)),
            0 => BitConverter.UInt32BitsToSingle(sign | BitConverter.SingleToUInt32Bits(fraction * (1f / (1 << 24)))),
            _ => BitConverter.UInt32BitsToSingle(sign | ((exponent + 112) << 23) | (fraction << 13)),
        };
    }

    private static float BrainToSingle(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    private static ReadOnlySpan<T> As<T>(ReadOnlySpan<byte> data)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(data);

    private static TTo[] Map<TFrom, TTo>(ReadOnlySpan<TFrom> from, Func<TFrom, TTo> convert)
    {
        var to = new TTo[from.Length];
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = convert(from[i]);
        }

        return to;
    }
}
