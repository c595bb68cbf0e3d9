// An application with one component.
import { Link, createInertiaApp } from '@inertiajs/vue3';
import { createApp, h } from 'vue';

const links = ['compared', 'plain'].map((id) => () => h(Link, { id, href: `/open/inertia/${id}` }, () => id));
const Page = { props: ['heading'], render() { return [h('h1', this.heading), ...links.map((link) => link())]; } };
createInertiaApp({
  resolve: () => Page,
  setup: ({ el, App, props, plugin }) => createApp({ render: () => h(App, props) }).use(plugin).mount(el),
});
