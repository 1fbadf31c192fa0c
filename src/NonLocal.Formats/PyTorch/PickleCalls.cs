using System.Globalization;
using NonLocal.Formats.Reading;

namespace NonLocal.Formats.PyTorch;

/// <summary>What the names on the allow-list make of their arguments. Arguments are checked; anything unexpected is an error.</summary>
internal sealed class PickleCalls(PickleInput input)
{
    // Two bytes of a pickle may mention a key again, and every mention is hashed.
    private const int LongestKey = 1024;

    private readonly NumpyObjects numpy = new(input);

    /// <summary>What a module and a name stand for.</summary>
    public object Name(string? module, string? name)
    {
        if (module is null || name is null)
        {
            throw input.Error("a name is not text; the file is corrupt");
        }

        return PickleGlobals.Find(module, name) ?? throw input.Error(PickleGlobals.Refusal(module, name));
    }

    /// <summary>A dictionary's key, if it can be one.</summary>
    public object Key(object? key) => key is string { Length: <= LongestKey } or long or bool or double or CheckpointList { IsTuple: true }
        ? key
        : throw input.Error($"a dictionary has a key that is neither text of at most {LongestKey} letters, nor a number, nor a tuple");

    /// <summary>What a call of a name would have made.</summary>
    public object? Make(object? function, object? arguments)
    {
        if (function is not PickleGlobal name || arguments is not CheckpointList list)
        {
            throw input.Error("something is called that is not a name; the file is corrupt or hostile");
        }

        return name.Function switch
        {
            PickleFunction.Dictionary => MakeDictionary(list),
            PickleFunction.Attributes when list.Count == 0 => new CheckpointDictionary(isObject: true),
            PickleFunction.List => MakeList(list),
            PickleFunction.EncodeText => EncodeText(list),
            PickleFunction.Device => DeviceName(list),
            PickleFunction.RebuildTensor when list.Count >= 4 => MakeTensor(list, null),
            PickleFunction.RebuildTensorWithType when list.Count >= 7 => MakeTensor(list, list[6]),
            PickleFunction.RebuildParameter when list.Count >= 1 && list[0] is CheckpointTensor tensor => tensor,
            PickleFunction.RebuildFromType when list.Count >= 3 && list[1] is PickleGlobal { Function: PickleFunction.TensorClass } =>
                MakeFromType(list),
            PickleFunction.NumpyType when list.Count >= 1 && list[0] is string type => new NumpyType(type),
            PickleFunction.NumpyScalar when list.Count == 2 && list[0] is NumpyType type => numpy.Scalar(type, list[1]),
            PickleFunction.NumpyArray when list.Count == 3
                && list[0] is PickleGlobal { Function: PickleFunction.NumpyArrayClass } && list[1] is CheckpointList => new NumpyArray(),
            _ => throw Unexpected(name.Name),
        };
    }

    /// <summary>Gives an object the state that was saved beside it. Of dictionaries and tensors that is nothing a reader needs.</summary>
    public void SetState(object? target, object? state)
    {
        switch (target)
        {
            case CheckpointDictionary { IsObject: true } attributes when state is CheckpointDictionary values:
                foreach ((object key, object? value) in values)
                {
                    input.Budget.Charge(128, "the attributes of the file");
                    attributes.Set(key, value);
                }

                break;
            case CheckpointDictionary { IsObject: false } or CheckpointTensor:
                break;
            case NumpyArray { Tensor: null } array:
                numpy.Fill(array, state);
                break;
            case NumpyType type when state is CheckpointList { Count: >= 2 } parts && parts[1] is string order:
                if (order is not ("<" or "|"))
                {
                    throw input.Error(
                        $"a numpy number of type {Quoted.Name(type.Code)} has the byte order {Quoted.Name(order)}; expected"
                        + " little-endian");
                }

                break;
            default:
                throw input.Error("state is set on what has none; the file is corrupt or hostile");
        }
    }

    private CheckpointDictionary MakeDictionary(CheckpointList arguments)
    {
        var made = new CheckpointDictionary();
        switch (arguments)
        {
            case { Count: 0 }:
                break;
            case { Count: 1 } when arguments[0] is CheckpointDictionary other:
                foreach ((object key, object? value) in other)
                {
                    input.Budget.Charge(128, "the dictionaries of the file");
                    made.Set(key, value);
                }

                break;
            case { Count: 1 } when arguments[0] is CheckpointList pairs:
                foreach (object? item in pairs)
                {
                    if (item is not CheckpointList { Count: 2 } pair)
                    {
                        throw Unexpected("collections.OrderedDict");
                    }

                    input.Budget.Charge(128, "the dictionaries of the file");
                    made.Set(Key(pair[0]), pair[1]);
                }

                break;
            default:
                throw Unexpected("collections.OrderedDict");
        }

        return made;
    }

    private CheckpointList MakeList(CheckpointList arguments)
    {
        if (arguments.Count == 0)
        {
            return arguments;
        }

        if (arguments is not { Count: 1 } || arguments[0] is not CheckpointList items)
        {
            throw Unexpected("a list, set or size");
        }

        input.Budget.Charge(16L * items.Count, "the lists of the file");
        return new CheckpointList(items, isTuple: true);
    }

    // How protocol 2 spells bytes: text of the letters 0 to 255.
    private byte[] EncodeText(CheckpointList arguments)
    {
        if (arguments is not { Count: 2 } || arguments[0] is not string text || arguments[1] is not "latin1"
            || text.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF'))
        {
            throw Unexpected("_codecs.encode");
        }

        input.Budget.Charge(32 + text.Length, "the texts of the file");
        return System.Text.Encoding.Latin1.GetBytes(text);
    }

    private string DeviceName(CheckpointList arguments) => arguments switch
    {
        { Count: 1 } when arguments[0] is string { Length: < 32 } kind => kind,
        { Count: 2 } when arguments[0] is string { Length: < 32 } kind && arguments[1] is long index =>
            string.Create(CultureInfo.InvariantCulture, $"{kind}:{index}"),
        _ => throw Unexpected("torch.device"),
    };

    private CheckpointTensor MakeTensor(CheckpointList arguments, object? dataType)
    {
        if (arguments[0] is not StorageView view || arguments[1] is not long offset
            || arguments[2] is not CheckpointList sizes || arguments[3] is not CheckpointList steps)
        {
            throw Unexpected("a tensor");
        }

        StoredType type = dataType switch
        {
            null when view.Type is { } own => own,
            string name when PickleGlobals.TryDataType(name, out StoredType named) => named,
            _ => throw Unexpected("a tensor"),
        };
        input.Budget.Charge(16L * (sizes.Count + steps.Count), "the shapes of the file");
        long[] shape = Numbers(sizes);
        long[] strides = Numbers(steps);
        long count = view.Count * (view.Type?.Size() ?? 1) / type.Size();
        if (TensorGeometry.Problem(count, offset, shape, strides) is { } problem)
        {
            throw input.Error($"a tensor in storage {Quoted.Name(view.Block.Key)} {problem}");
        }

        return new CheckpointTensor(view.Block, type, view.Offset + (offset * type.Size()), shape, strides);
    }

    private object? MakeFromType(CheckpointList arguments)
    {
        // The first argument rebuilds the tensor itself; the type after it and the attributes at the end change no number.
        return arguments[0] is PickleGlobal
        {
            Function: PickleFunction.RebuildTensor or PickleFunction.RebuildTensorWithType or PickleFunction.RebuildParameter,
        }
            ? Make(arguments[0], arguments[2])
            : throw Unexpected("torch._tensor._rebuild_from_type_v2");
    }

    private long[] Numbers(CheckpointList list)
    {
        long[] numbers = new long[list.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = list[i] is long number ? number : throw Unexpected("a tensor");
        }

        return numbers;
    }

    private FileFormatException Unexpected(string what) =>
        input.Error($"{what} has arguments that a file of torch.save does not give it; the file is corrupt or hostile");
}
