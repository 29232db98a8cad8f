"""What the artist can do: one verb per file."""

import bpy

from . import (
    about_job,
    add_encoder,
    add_item,
    add_raft,
    cancel,
    clean_up,
    compare,
    copy_preset,
    delete_preset,
    download_raft,
    download_vgg19,
    duplicate_preset,
    export_preset,
    import_preset,
    install_engine,
    live,
    look_for_devices,
    mark_favourite,
    match_size,
    measure_folders,
    open_style,
    remove_encoder,
    remove_item,
    rename_preset,
    save_preset,
    send_to_compositor,
    send_to_sequencer,
    stylize,
    stylize_animation,
    stylize_files,
    stylize_render,
    stylize_strip,
    submit_to_farm,
    switch_on_cryptomatte,
    train_instant,
    update_preset,
    use_settings,
    variations,
    write_movie,
)

_CLASSES = [
    cls
    for module in (
        stylize,
        stylize_render,
        stylize_files,
        stylize_animation,
        stylize_strip,
        variations,
        live,
        train_instant,
        cancel,
        about_job,
        use_settings,
        compare,
        match_size,
        open_style,
        save_preset,
        update_preset,
        rename_preset,
        duplicate_preset,
        copy_preset,
        delete_preset,
        export_preset,
        import_preset,
        mark_favourite,
        add_item,
        remove_item,
        switch_on_cryptomatte,
        send_to_compositor,
        send_to_sequencer,
        write_movie,
        submit_to_farm,
        install_engine,
        look_for_devices,
        measure_folders,
        clean_up,
        add_encoder,
        download_vgg19,
        remove_encoder,
        add_raft,
        download_raft,
    )
    for cls in module.CLASSES
]


def register():
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    cancel.register_keys()


def unregister():
    cancel.unregister_keys()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
