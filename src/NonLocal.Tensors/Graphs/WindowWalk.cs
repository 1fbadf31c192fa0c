namespace NonLocal.Tensors.Graphs;

/// <summary>
/// For literal definitions over windows: every pair of an output position and a tap whose input position exists (is not padding).
/// </summary>
internal ref struct WindowWalk
{
    private readonly ConvolutionGeometry geometry;
    private readonly Shape input;
    private readonly Shape output;
    private readonly int outputs;
    private int place;
    private int tap;

    /// <summary>Walks over spatial shapes (no batch, no channels).</summary>
    public WindowWalk(ConvolutionGeometry geometry, Shape input, Shape output)
    {
        this.geometry = geometry;
        this.input = input;
        this.output = output;
        outputs = (int)output.Count;
        tap = -1;
    }

    /// <summary>Number of the output position, row-major.</summary>
    public readonly int Output => place;

    /// <summary>Number of the tap, row-major.</summary>
    public readonly int Tap => tap;

    /// <summary>Number of the input position, row-major.</summary>
    public int Input { get; private set; }

    public bool Next()
    {
        while (true)
        {
            if (++tap == geometry.Taps)
            {
                tap = 0;
                place++;
            }

            if (place == outputs)
            {
                return false;
            }

            if (Locate())
            {
                return true;
            }
        }
    }

    private bool Locate()
    {
        int position = 0;
        int scale = 1;
        int place = this.place;
        int tap = this.tap;
        for (int axis = geometry.Rank - 1; axis >= 0; axis--)
        {
            int at = (place % output[axis] * geometry.Stride[axis]) + (tap % geometry.Kernel[axis] * geometry.Dilation[axis])
                - geometry.PaddingBegin[axis];
            if (at < 0 || at >= input[axis])
            {
                return false;
            }

            position += at * scale;
            scale *= input[axis];
            place /= output[axis];
            tap /= geometry.Kernel[axis];
        }

        Input = position;
        return true;
    }
}
