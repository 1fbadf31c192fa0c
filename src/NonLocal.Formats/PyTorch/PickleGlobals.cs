namespace NonLocal.Formats.PyTorch;

/// <summary>What a name in a pickle means to the reader. Nothing of it is ever called: the reader knows what the call would make.</summary>
internal enum PickleFunction
{
    Dictionary,
    Attributes,
    List,
    EncodeText,
    Device,
    TensorClass,
    RebuildTensor,
    RebuildTensorWithType,
    RebuildParameter,
    RebuildFromType,
    Storage,
    NumpyType,
    NumpyScalar,
    NumpyArrayClass,
    NumpyArray,
}

/// <summary>A name on the allow-list.</summary>
/// <param name="Name">Module and name.</param>
/// <param name="Function">What it makes.</param>
/// <param name="Type">For a storage: the type of its elements; null where it counts bytes.</param>
internal sealed record PickleGlobal(string Name, PickleFunction Function, StoredType? Type = null);

/// <summary>The allow-list of names: everything that state dictionaries and the data around them are made of.</summary>
internal static class PickleGlobals
{
    private static readonly Dictionary<(string Module, string Name), PickleGlobal> Known = Make();

    private static readonly Dictionary<string, StoredType> DataTypes = new(StringComparer.Ordinal)
    {
        ["torch.float64"] = StoredType.F64,
        ["torch.float32"] = StoredType.F32,
        ["torch.float16"] = StoredType.F16,
        ["torch.bfloat16"] = StoredType.BF16,
        ["torch.int64"] = StoredType.I64,
        ["torch.int32"] = StoredType.I32,
        ["torch.int16"] = StoredType.I16,
        ["torch.int8"] = StoredType.I8,
        ["torch.uint64"] = StoredType.U64,
        ["torch.uint32"] = StoredType.U32,
        ["torch.uint16"] = StoredType.U16,
        ["torch.uint8"] = StoredType.U8,
        ["torch.bool"] = StoredType.Bool,
    };

    /// <summary>What a name stands for: a <see cref="PickleGlobal"/>, or the name of a number type as text.</summary>
    /// <returns>Null for a name that is not on the list.</returns>
    public static object? Find(string module, string name)
    {
        // Old files name storages by the device they were on.
        string home = module == "torch.cuda" && name.EndsWith("Storage", StringComparison.Ordinal) ? "torch" : module;
        if (Known.TryGetValue((home, name), out PickleGlobal? known))
        {
            return known;
        }

        string type = $"{module}.{name}";
        return DataTypes.ContainsKey(type) ? type : null;
    }

    /// <summary>Why a name is refused.</summary>
    public static string Refusal(string module, string name)
    {
        string full = Reading.Quoted.Name($"{module}.{name}");
        bool tensorKind = module.StartsWith("torch", StringComparison.Ordinal)
            && (name.EndsWith("Storage", StringComparison.Ordinal) || name.StartsWith("_rebuild", StringComparison.Ordinal)
                || name.StartsWith("float8", StringComparison.Ordinal) || name.StartsWith("complex", StringComparison.Ordinal));
        return tensorKind
            ? $"{full} is a kind of tensor that is not supported; expected dense tensors of F64, F32, F16, BF16, integers or booleans"
            : $"the name {full} is not on the list of tensors and plain data, so nothing was loaded or executed;"
            + " save only state_dict() (tensors by name) in Python";
    }

    /// <summary>The type of a name such as <c>torch.uint16</c>.</summary>
    public static bool TryDataType(string name, out StoredType type) => DataTypes.TryGetValue(name, out type);

    private static Dictionary<(string Module, string Name), PickleGlobal> Make()
    {
        var known = new Dictionary<(string, string), PickleGlobal>();
        void Add(PickleFunction function, string module, params ReadOnlySpan<string> names)
        {
            foreach (string name in names)
            {
                known.Add((module, name), new PickleGlobal($"{module}.{name}", function));
            }
        }

        void AddStorage(string name, StoredType? type, string module = "torch") =>
            known.Add((module, name), new PickleGlobal($"{module}.{name}", PickleFunction.Storage, type));

        Add(PickleFunction.Dictionary, "collections", "OrderedDict", "Counter");
        Add(PickleFunction.Attributes, "argparse", "Namespace");
        Add(PickleFunction.List, "torch", "Size");
        Add(PickleFunction.List, "builtins", "set", "frozenset");
        Add(PickleFunction.List, "__builtin__", "set", "frozenset");
        Add(PickleFunction.EncodeText, "_codecs", "encode");
        Add(PickleFunction.Device, "torch", "device");
        Add(PickleFunction.TensorClass, "torch", "Tensor");
        Add(PickleFunction.TensorClass, "torch.nn.parameter", "Parameter");
        Add(PickleFunction.RebuildTensor, "torch._utils", "_rebuild_tensor", "_rebuild_tensor_v2");
        Add(PickleFunction.RebuildTensorWithType, "torch._utils", "_rebuild_tensor_v3");
        Add(PickleFunction.RebuildParameter, "torch._utils", "_rebuild_parameter", "_rebuild_parameter_with_state");
        Add(PickleFunction.RebuildFromType, "torch._tensor", "_rebuild_from_type_v2");
        Add(PickleFunction.NumpyType, "numpy", "dtype");
        Add(PickleFunction.NumpyScalar, "numpy.core.multiarray", "scalar");
        Add(PickleFunction.NumpyScalar, "numpy._core.multiarray", "scalar");
        Add(PickleFunction.NumpyArrayClass, "numpy", "ndarray");
        Add(PickleFunction.NumpyArray, "numpy.core.multiarray", "_reconstruct");
        Add(PickleFunction.NumpyArray, "numpy._core.multiarray", "_reconstruct");
        AddStorage("DoubleStorage", StoredType.F64);
        AddStorage("FloatStorage", StoredType.F32);
        AddStorage("HalfStorage", StoredType.F16);
        AddStorage("BFloat16Storage", StoredType.BF16);
        AddStorage("LongStorage", StoredType.I64);
        AddStorage("IntStorage", StoredType.I32);
        AddStorage("ShortStorage", StoredType.I16);
        AddStorage("CharStorage", StoredType.I8);
        AddStorage("ByteStorage", StoredType.U8);
        AddStorage("BoolStorage", StoredType.Bool);
        AddStorage("UntypedStorage", null, "torch.storage");
        return known;
    }
}
